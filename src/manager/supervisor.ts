import type { ResolvedSettings } from '../config/settings.ts';
import type { Clock, Timer } from '../core/clock.ts';
import { PluginError } from '../core/errors.ts';
import type { PluginState } from '../core/plugin-state.ts';
import type { Channel, OpenSetup, PluginSource } from '../core/transport.ts';
import { backoffMs } from '../resilience/backoff.ts';

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
  | { readonly status: 'draining' }
  | { readonly status: 'failed'; readonly error: PluginError };

/** What a supervisor needs to know. */
export interface SupervisorParts {
  readonly name: string;
  readonly source: PluginSource;
  readonly settings: ResolvedSettings;
  readonly clock: Clock;
  readonly setup: Omit<OpenSetup, 'signal'>;
  /** Hears of every move. */
  readonly onMove: (from: PluginState, to: PluginState) => void;
}

/** Keeps one plugin running: starts it, sees its end at once, starts it again with growing waits, stops it. */
export class Supervisor {
  readonly #parts: SupervisorParts;
  #life: Life = { status: 'stopped' };
  #restarts = 0;
  #failuresInARow = 0;
  #stopping: Promise<void> | undefined;

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
    return this.#life.status === 'ready' ? this.#life.channel : undefined;
  }

  /**
   * The channel for a call: at once, or after a start that is under way or needed.
   * @throws {PluginError} `PLUGIN_1205` while it waits for a restart, `REGISTRY_1903` given up, `PLUGIN_1207` ending.
   */
  channel(): Channel | Promise<Channel> {
    const life = this.#life;
    if (life.status === 'ready') return life.channel;
    if (life.status === 'starting') return life.opening;
    if (life.status === 'stopped' && this.#stopping === undefined) return this.#start(1);
    throw this.#unavailable(life);
  }

  /** Starts it, or joins the start. Rejects with why it could not. */
  async start(): Promise<void> {
    await this.channel();
  }

  /** Ends it for good; `timeoutMs` is for what it still has to do. Never rejects. */
  stop(timeoutMs: number): Promise<void> {
    this.#stopping ??= this.#stop(timeoutMs);
    return this.#stopping;
  }

  async #stop(timeoutMs: number): Promise<void> {
    const life = this.#life;
    this.#move({ status: 'draining' });
    if (life.status === 'restarting') life.timer.cancel();
    if (life.status === 'starting') {
      life.abort.abort(this.#unavailable({ status: 'draining' }));
      await life.opening.then(
        (channel) => channel.close(0),
        () => {},
      );
    }
    if (life.status === 'ready') await life.channel.close(timeoutMs);
    this.#move({ status: 'stopped' });
  }

  #start(attempt: number): Promise<Channel> {
    const abort = new AbortController();
    const opening = this.#open(abort.signal);
    opening.catch(() => {}); // whoever waits for it hears of it
    this.#move({ status: 'starting', attempt, opening, abort });
    return opening;
  }

  async #open(signal: AbortSignal): Promise<Channel> {
    const { source, setup, name } = this.#parts;
    try {
      const channel = await source.open({ ...setup, signal });
      if (this.#life.status === 'starting') this.#ready(channel);
      return channel;
    } catch (thrown) {
      const error = PluginError.from(thrown, 'REGISTRY_1907', { plugin: name });
      if (this.#life.status === 'starting') this.#ended(error);
      throw error;
    }
  }

  #ready(channel: Channel): void {
    const { clock, settings } = this.#parts;
    this.#move({ status: 'ready', channel, since: clock.date() });
    const healthy = clock.startTimer(settings.restart.healthyAfterMs, () => (this.#failuresInARow = 0));
    healthy.keepAlive(false);
    void channel.ended.then((error) => {
      healthy.cancel();
      if (this.#life.status !== 'ready' || this.#life.channel !== channel) return;
      if (error === undefined) this.#move({ status: 'stopped' });
      else this.#ended(error);
    });
  }

  /** A start failed or a running plugin ended: try again later, or give up. */
  #ended(error: PluginError): void {
    const { restart } = this.#parts.settings;
    const { clock } = this.#parts;
    const attempt = ++this.#failuresInARow;
    if (attempt > restart.maxRestarts) return this.#move({ status: 'failed', error });
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
    if (life.status === 'failed') {
      const message = `it was given up after ${settings.restart.maxRestarts} restarts. Mend it, then unregister and register it again. It ended because: ${life.error.rawMessage}`;
      return new PluginError('REGISTRY_1903', { plugin, message, cause: life.error });
    }
    const message = 'it is being stopped and takes no new calls.';
    return new PluginError('PLUGIN_1207', { plugin, message });
  }
}
