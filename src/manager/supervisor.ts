import type { ResolvedSettings } from '../config/settings.ts';
import type { Clock, Timer } from '../core/clock.ts';
import { PluginError } from '../core/errors.ts';
import type { Gate } from '../core/gate.ts';
import type { PluginState } from '../core/plugin-state.ts';
import type { Channel, OpenSetup, PluginSource } from '../core/transport.ts';
import { backoffMs } from '../resilience/backoff.ts';
import { openAdmitted } from './admission.ts';
import { checkChannel } from './check-channel.ts';
import { RunningConfig } from './running-config.ts';

/** How long an abandoned start may take to notice, in milliseconds. */
const giveUpMs = 5000;

/** What a supervisor holds in each state, besides what everybody may see. */
type Life =
  | { readonly status: 'stopped' }
  | {
      readonly status: 'starting';
      readonly attempt: number;
      readonly opening: Promise<Channel>;
      readonly abort: AbortController;
    }
  | { readonly status: 'ready'; readonly channel: Channel; readonly since: Date }
  | {
      readonly status: 'restarting';
      readonly attempt: number;
      readonly retryAt: number;
      readonly error: PluginError;
      readonly timer: Timer;
    }
  | { readonly status: 'draining'; readonly channel: Channel | undefined }
  | { readonly status: 'failed'; readonly error: PluginError };

/** What a supervisor needs to know. */
export interface SupervisorParts {
  readonly name: string;
  readonly source: PluginSource;
  readonly settings: ResolvedSettings;
  readonly clock: Clock;
  readonly setup: Omit<OpenSetup, 'signal' | 'launch'>;
  readonly gate: Gate | undefined;
  /** Hears of every move. */
  readonly onMove: (from: PluginState, to: PluginState) => void;
}

/** Keeps one plugin running: starts it, sees its end at once, starts it again with growing waits, stops it. */
export class Supervisor {
  #parts: SupervisorParts;
  #life: Life = { status: 'stopped' };
  #restarts = 0;
  #failuresInARow = 0;
  #stopping: Promise<void> | undefined;
  /** Whether it will not be started any more. */
  #ending = false;
  #mustStart = false;
  #config: RunningConfig | undefined;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  /** How often it was started again after an unexpected end. */
  get restarts(): number {
    return this.#restarts;
  }

  get state(): PluginState {
    return this.#visible(this.#life);
  }

  /** The live channel, if there is one. */
  get live(): Channel | undefined {
    const life = this.#life;
    return life.status === 'ready' || life.status === 'draining' ? life.channel : undefined;
  }

  /**
   * The channel for a call: at once, or after a start that is under way or needed.
   * @throws {PluginError} `PLUGIN_1205` while it waits for a restart, `REGISTRY_1903` given up, `PLUGIN_1207` ending.
   */
  channel(): Channel | Promise<Channel> {
    const life = this.#life;
    if (life.status === 'ready') return life.channel;
    if (life.status === 'starting') return life.opening;
    if (life.status === 'draining' && life.channel !== undefined) return life.channel; // a retry of a running call
    if (life.status === 'stopped' && !this.#ending) return this.#start(1);
    throw this.#unavailable(life);
  }

  /** The next start, and the wait for it, follow these settings. */
  adjust(settings: ResolvedSettings): void {
    const { config, startTimeoutMs } = settings;
    this.#parts = { ...this.#parts, settings, setup: { ...this.#parts.setup, config, startTimeoutMs } };
    void this.#catchUp();
  }

  /** Hands new config to what runs; false where that needs a new start. What starts later gets it then. */
  async configure(config: unknown): Promise<boolean> {
    if (this.live === undefined || this.#config === undefined) return true;
    return this.#config.tell(config, this.#parts.settings.startTimeoutMs);
  }

  /** It is about to be stopped: what it says to new config does not matter. */
  abandonConfig(): void {
    this.#config?.abandon();
  }

  /** Whether it was stopped for good. */
  get ended(): boolean {
    return this.#ending;
  }

  /** Starts it for somebody who waits for it; a first start that fails is not tried again. */
  async start(): Promise<void> {
    this.#mustStart = true;
    await this.channel();
    this.#mustStart = false;
  }

  /** Ends what runs as if it had crashed: running calls fail with `error`, and it is started again. */
  fail(error: PluginError): void {
    this.live?.kill(error);
  }

  /** Lets it run for the calls it has, but starts it no more. */
  draining(): void {
    const life = this.#life;
    this.#ending = true;
    if (life.status === 'ready') this.#move({ status: 'draining', channel: life.channel });
    if (life.status === 'restarting') {
      life.timer.cancel();
      this.#move({ status: 'stopped' });
    }
  }

  /** Ends it for good; `timeoutMs` is for what it still has to do. Never rejects. */
  stop(timeoutMs: number): Promise<void> {
    this.#stopping ??= this.#stop(timeoutMs);
    return this.#stopping;
  }

  /** Ends it at once and for good, however far it is: its time is over. */
  force(): void {
    const { name: plugin } = this.#parts;
    void this.stop(0);
    this.live?.kill(
      new PluginError('PLUGIN_1206', { plugin, message: 'the time of the shutdown was over.' }),
    );
  }

  async #stop(timeoutMs: number): Promise<void> {
    this.draining();
    const life = this.#life;
    if (life.status === 'starting') {
      life.abort.abort(this.#unavailable({ status: 'draining', channel: undefined }));
      await this.#givenUp(life.opening);
    }
    await this.live?.close(timeoutMs);
    if (this.#life.status !== 'stopped') this.#move({ status: 'stopped' });
  }

  /** Waits for an unwanted start to end, but not for ever: a source may not heed its signal. */
  #givenUp(opening: Promise<Channel>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.startTimer(giveUpMs, resolve);
      const ended = opening.then(
        (channel) => channel.close(0),
        () => {},
      );
      void ended.finally(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #start(attempt: number): Promise<Channel> {
    const abort = new AbortController();
    const opening = this.#open(abort.signal);
    opening.catch(() => {}); // whoever waits for it hears of it
    this.#move({ status: 'starting', attempt, opening, abort });
    return opening;
  }

  async #open(signal: AbortSignal): Promise<Channel> {
    const { source, setup, name, gate } = this.#parts;
    try {
      const channel = checkChannel(await openAdmitted(source, { ...setup, signal }, gate), name);
      if (this.#life.status === 'starting') this.#ready(channel, setup.config);
      return channel;
    } catch (thrown) {
      const error = PluginError.from(thrown, 'REGISTRY_1907', { plugin: name });
      if (this.#life.status === 'starting') this.#ended(error);
      throw error;
    }
  }

  #ready(channel: Channel, config: unknown): void {
    const { clock, settings } = this.#parts;
    this.#config = new RunningConfig(channel, config, clock);
    this.#move({ status: 'ready', channel, since: clock.date() });
    void this.#catchUp();
    const healthy = clock.startTimer(settings.restart.healthyAfterMs, () => (this.#failuresInARow = 0));
    healthy.keepAlive(false);
    void channel.ended.then((error) => {
      healthy.cancel();
      if (this.live !== channel) return;
      if (error === undefined || this.#ending) this.#move({ status: 'stopped' });
      else this.#ended(error);
    });
  }

  /** What started while its config was being changed is told of the new one, or started again. */
  async #catchUp(): Promise<void> {
    const { name: plugin, setup } = this.#parts;
    const { live } = this;
    if (live === undefined || this.#ending || this.#config?.has(setup.config) !== false) return;
    if (await this.configure(setup.config).catch(() => false)) return;
    const message =
      'its config changed while it started. It is started again with the new one; repeat the call.';
    live.kill(new PluginError('PLUGIN_1205', { plugin, message }));
  }

  /** A start failed or a running plugin ended: try again later, or give up. */
  #ended(error: PluginError): void {
    const { restart } = this.#parts.settings;
    const { clock } = this.#parts;
    if (this.#ending) return this.#move({ status: 'stopped' });
    const attempt = ++this.#failuresInARow;
    if (attempt > restart.maxRestarts || this.#mustStart || isForbidden(error))
      return this.#move({ status: 'failed', error });
    const delayMs = backoffMs(restart, attempt);
    const timer = clock.startTimer(delayMs, () => {
      this.#restarts++;
      void this.#start(attempt + 1);
    });
    this.#move({ status: 'restarting', attempt, retryAt: clock.now() + delayMs, error, timer });
  }

  #move(to: Life): void {
    const from = this.#visible(this.#life);
    this.#life = to;
    this.#parts.onMove(from, this.#visible(to));
  }

  #visible(life: Life): PluginState {
    switch (life.status) {
      case 'ready':
        return { status: 'ready', since: life.since, pid: life.channel.pid };
      case 'starting':
        return { status: 'starting', attempt: life.attempt };
      case 'restarting':
        return {
          status: 'restarting',
          attempt: life.attempt,
          retryAt: this.#wallTime(life.retryAt),
          error: life.error,
        };
      case 'draining':
        return { status: 'draining' };
      default:
        return life;
    }
  }

  #wallTime(at: number): Date {
    const { clock } = this.#parts;
    return new Date(clock.date().getTime() + at - clock.now());
  }

  #unavailable(life: Life): PluginError {
    const { name: plugin, clock, settings } = this.#parts;
    if (life.status === 'restarting') {
      const retryAfterMs = Math.max(0, Math.ceil(life.retryAt - clock.now()));
      const message = `it ended unexpectedly and starts again in ${retryAfterMs} ms. Repeat the call then. It ended because: ${life.error.rawMessage}`;
      return new PluginError('PLUGIN_1205', { plugin, message, retryAfterMs, cause: life.error });
    }
    if (life.status === 'failed' && isForbidden(life.error)) {
      const message = `it may not be started: ${life.error.rawMessage} Then replace or reconfigure it, or unregister and register it again.`;
      return new PluginError(life.error.code, { plugin, message, cause: life.error });
    }
    if (life.status === 'failed') {
      const message = `it was given up after ${settings.restart.maxRestarts} restarts. Mend it, then replace or reconfigure it, or unregister and register it again. It ended because: ${life.error.rawMessage}`;
      return new PluginError('REGISTRY_1903', { plugin, message, cause: life.error });
    }
    const message = 'it is being stopped and takes no new calls.';
    return new PluginError('PLUGIN_1207', { plugin, message });
  }
}

/** What a gate refuses it refuses again: there is no use in another try. */
function isForbidden(error: PluginError): boolean {
  return error.code.startsWith('SECURITY_');
}
