import type { Clock, Timer } from '../../src/core/clock.ts';
import { messageOf } from '../../src/core/errors.ts';
import type { Logger } from '../../src/core/logger.ts';
import type { Channel, ChannelCall } from '../../src/core/transport.ts';

/** RFC 9113 §6.5.2: servers should take as many streams at once, and many take no more. */
const callsPerConnection = 100;

/** For a connection without a call to say goodbye, in milliseconds. */
const goodbyeMs = 1000;

/** How many connections there are, and for how long. */
export interface PoolLimits {
  readonly maxConnections: number;
  readonly maxIdleConnections: number;
  readonly idleTimeoutMs: number;
}

/** What a pool needs to make another connection. */
export interface PoolParts {
  readonly limits: PoolLimits;
  /** Connects with the plugin's settings as they are now, as long as somebody wants it. */
  readonly open: (config: unknown, signal: AbortSignal) => Promise<Channel>;
  readonly config: unknown;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One connection, and how many calls it carries. */
interface Member {
  readonly channel: Channel;
  running: number;
  /** Runs while it carries none. */
  rest: Timer | undefined;
}

/**
 * Several connections to one server as one channel. The first is the plugin's: it is asked for its health, and its loss
 * is that of the plugin. Others come when each carries as many calls as a server has to take, and go when they rest.
 */
export class ChannelPool implements Channel {
  readonly info: Channel['info'];
  readonly hooks: Channel['hooks'];
  readonly ended: Channel['ended'];
  readonly #first: Member;
  readonly #parts: PoolParts;
  #members: readonly Member[];
  #config: unknown;
  /** Where another could not be made, none is tried until the first has come to rest. */
  #growth: 'possible' | 'under way' | 'failed' = 'possible';
  readonly #over = new AbortController();

  constructor(first: Channel, parts: PoolParts) {
    this.info = first.info;
    this.hooks = first.hooks;
    this.ended = first.ended;
    this.#first = { channel: first, running: 0, rest: undefined };
    this.#members = [this.#first];
    this.#parts = parts;
    this.#config = parts.config;
    void first.ended.then((reason) => {
      if (reason !== undefined) this.kill(reason);
    });
  }

  call: Channel['call'] = (call) => {
    const member = this.#leastBusy();
    if (member.running >= callsPerConnection) void this.#grow();
    return this.#ask(member, call);
  };

  health: Channel['health'] = () => this.#first.channel.health();

  /** The first decides; another that does not take what the first took is made anew when it is needed. */
  configure: Channel['configure'] = async (config) => {
    if (!(await this.#first.channel.configure(config))) return false;
    this.#config = config;
    const others = this.#members.filter((member) => member !== this.#first);
    await Promise.all(others.map((member) => this.#tell(member, config)));
    return true;
  };

  kill: Channel['kill'] = (reason) => {
    this.#end();
    for (const { channel } of this.#members) channel.kill(reason);
  };

  close: Channel['close'] = async (timeoutMs) => {
    this.#end();
    await Promise.all(this.#members.map(({ channel }) => channel.close(timeoutMs)));
  };

  #end(): void {
    this.#over.abort();
    for (const { rest } of this.#members) rest?.cancel();
  }

  #leastBusy(): Member {
    return this.#members.reduce((least, member) => (member.running < least.running ? member : least));
  }

  #ask(member: Member, call: ChannelCall): unknown {
    member.running++;
    member.rest?.cancel();
    let isRunning = true;
    const done = (): void => {
      if (!isRunning) return;
      isRunning = false;
      if (--member.running === 0 && !this.#over.signal.aborted) this.#rest(member);
    };
    const answer = Promise.resolve(member.channel.call(call));
    const tell = call.onCancel;
    call.onCancel = (reason) => {
      done(); // the answer of a call that was given up may never come
      tell?.(reason);
    };
    return answer.finally(done);
  }

  async #grow(): Promise<void> {
    const { open, limits, logger } = this.#parts;
    if (this.#growth !== 'possible' || this.#members.length >= limits.maxConnections) return;
    this.#growth = 'under way';
    try {
      const config = this.#config;
      this.#add(await this.#caughtUp(await open(config, this.#over.signal), config));
      this.#growth = 'possible';
    } catch (error) {
      this.#growth = 'failed';
      if (this.#over.signal.aborted) return;
      logger.warn('no further connection to the server can be made', { reason: messageOf(error) });
    }
  }

  /** Tells a new connection of changes since it began. @throws what it throws, or where it takes none. */
  async #caughtUp(channel: Channel, config: unknown): Promise<Channel> {
    try {
      for (let has = config; has !== this.#config;) {
        has = this.#config;
        if (!(await channel.configure(has))) throw new Error('it takes no new config');
      }
      return channel;
    } catch (error) {
      void channel.close(0);
      throw error;
    }
  }

  async #tell(member: Member, config: unknown): Promise<void> {
    const takes = await member.channel.configure(config).catch(() => false);
    if (!takes && !this.#over.signal.aborted) this.#retire(member);
  }

  #add(channel: Channel): void {
    if (this.#over.signal.aborted) return void channel.close(0);
    const member: Member = { channel, running: 0, rest: undefined };
    this.#members = [...this.#members, member];
    void channel.ended.then(() => this.#remove(member));
    this.#rest(member);
  }

  #remove(member: Member): void {
    member.rest?.cancel();
    this.#members = this.#members.filter((other) => other !== member);
  }

  #rest(member: Member): void {
    const { maxIdleConnections, idleTimeoutMs } = this.#parts.limits;
    const idle = this.#members.filter(({ running }) => running === 0); // the first stands first
    for (const extra of idle.slice(Math.max(maxIdleConnections, 1))) this.#retire(extra);
    if (member === this.#first) {
      if (this.#growth === 'failed') this.#growth = 'possible';
    } else if (idleTimeoutMs > 0 && this.#members.includes(member)) {
      member.rest = this.#parts.clock.startTimer(idleTimeoutMs, () => this.#retire(member));
      member.rest.keepAlive(false);
    }
  }

  #retire(member: Member): void {
    this.#remove(member);
    void member.channel.close(goodbyeMs);
  }
}
