import type { ResolvedSettings } from '../config/settings.ts';
import type { Clock, Timer } from '../core/clock.ts';
import { messageOf, PluginError } from '../core/errors.ts';
import type { HealthReport, HealthStatus, PluginHealth } from '../core/health.ts';
import type { Channel } from '../core/transport.ts';
import type { Supervisor } from './supervisor.ts';

/** Used where a plugin has no health checks of its own, in milliseconds; 5 s, as go-plugins. */
const defaultTimeoutMs = 5000;

type Policy = ResolvedSettings['healthCheck'];

/** Hears what a monitor finds. */
export interface HealthEvents {
  health(from: HealthStatus, to: HealthStatus, message: string | undefined): void;
  /** The plugin was asked and is unwell, or did not answer. */
  healthCheckFailed(): void;
}

/**
 * Asks one instance how it is: on an interval while it runs, where checks are on, and whenever somebody asks.
 * The next check is planned when the last one has ended, so that they never overlap.
 */
export class HealthMonitor {
  readonly #supervisor: Supervisor;
  #policy: Policy;
  readonly #clock: Clock;
  readonly #plugin: string;
  readonly #events: HealthEvents;
  #status: HealthStatus = 'unknown';
  #failuresInARow = 0;
  #timer: Timer | undefined;
  #watching = false;
  #isChecking = false;

  constructor(supervisor: Supervisor, policy: Policy, clock: Clock, plugin: string, events: HealthEvents) {
    this.#supervisor = supervisor;
    this.#policy = policy;
    this.#clock = clock;
    this.#plugin = plugin;
    this.#events = events;
  }

  /** What was last known. */
  get status(): HealthStatus {
    return this.#status;
  }

  /** The instance is ready: it is healthy until a check says otherwise. */
  start(): void {
    this.#failuresInARow = 0;
    this.#watching = true;
    this.#become({ status: 'healthy' });
    this.#plan();
  }

  /** The instance does not run any more. */
  stop(): void {
    this.#watching = false;
    this.#timer?.cancel();
    this.#become(reportOfState(this.#supervisor));
  }

  /** Goes on under another policy; the failures so far still count. */
  adjust(policy: Policy): void {
    this.#policy = policy;
    this.#plan();
  }

  /** Asks now: a round trip where it runs, what its state says where it does not. */
  async ask(): Promise<PluginHealth> {
    const startedAt = this.#clock.now();
    const { live } = this.#supervisor;
    const report = live === undefined ? reportOfState(this.#supervisor) : await this.#ask(live);
    if (live !== undefined && live === this.#supervisor.live) this.#show(report); // only its own checks count
    return { ...report, checkedAt: this.#clock.date(), responseTimeMs: this.#clock.now() - startedAt };
  }

  #plan(): void {
    this.#timer?.cancel();
    if (this.#policy === undefined || !this.#watching || this.#isChecking) return;
    this.#timer = this.#clock.startTimer(this.#policy.intervalMs, () => void this.#check());
    this.#timer.keepAlive(false);
  }

  async #check(): Promise<void> {
    const { live } = this.#supervisor;
    if (live === undefined) return;
    this.#isChecking = true;
    const report = await this.#ask(live);
    this.#isChecking = false;
    if (live === this.#supervisor.live && this.#watching) this.#count(report);
    this.#plan();
  }

  /** Counts a check: bad ones in a row make it offline, and its supervisor starts it again. */
  #count(report: HealthReport): void {
    this.#failuresInARow = isBad(report) ? this.#failuresInARow + 1 : 0;
    if (this.#failuresInARow < (this.#policy?.failureLimit ?? Infinity)) return this.#show(report);
    this.#become({ ...report, status: 'offline' });
    const message = `it was unhealthy ${this.#failuresInARow} times in a row (${report.message ?? report.status}) and is started again.`;
    this.#supervisor.fail(new PluginError('HEALTH_1601', { plugin: this.#plugin, message, retryable: true }));
  }

  /** While it runs it is not offline, whatever it says; that is for the count to find. */
  #show(report: HealthReport): void {
    if (this.#status === 'offline') return;
    this.#become(report.status === 'offline' ? { ...report, status: 'unhealthy' } : report);
  }

  #become(report: HealthReport): void {
    const from = this.#status;
    this.#status = report.status;
    if (from !== report.status) this.#events.health(from, report.status, report.message);
  }

  async #ask(channel: Channel): Promise<HealthReport> {
    const report = await this.#reportOf(channel);
    if (isBad(report)) this.#events.healthCheckFailed();
    return report;
  }

  /** A plugin that does not answer, or answers with an error, is unhealthy. */
  async #reportOf(channel: Channel): Promise<HealthReport> {
    const timeoutMs = this.#policy?.timeoutMs ?? defaultTimeoutMs;
    let timer: Timer | undefined;
    const late = new Promise<HealthReport>((resolve) => {
      const report = { status: 'unhealthy', message: `no answer within ${timeoutMs} ms` } as const;
      timer = this.#clock.startTimer(timeoutMs, () => resolve(report));
    });
    try {
      return await Promise.race([channel.health(), late]);
    } catch (error) {
      return { status: 'unhealthy', message: messageOf(error) };
    } finally {
      timer?.cancel();
    }
  }
}

function isBad({ status }: HealthReport): boolean {
  return status === 'unhealthy' || status === 'offline';
}

function reportOfState({ state, ended }: Supervisor): HealthReport {
  if (state.status === 'restarting' || state.status === 'failed') {
    return { status: 'offline', message: state.error.rawMessage };
  }
  return { status: ended ? 'offline' : 'unknown', message: state.status };
}
