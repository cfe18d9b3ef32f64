import { isDeepStrictEqual } from 'node:util';

import type { ResolvedSettings } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import { PluginError } from '../core/errors.ts';
import type { Gate } from '../core/gate.ts';
import type { CallRecorder } from '../core/metrics.ts';
import type { PluginState } from '../core/plugin-state.ts';
import type { Channel, OpenSetup, PluginSource } from '../core/transport.ts';
import type { Breaker, BreakerState } from '../resilience/breaker.ts';
import type { Target } from '../resilience/call-parts.ts';
import { consecutiveBreaker } from '../resilience/consecutive-breaker.ts';
import { rateBreaker } from '../resilience/rate-breaker.ts';
import { Tally } from '../resilience/tally.ts';
import { HealthMonitor, type HealthEvents } from './health-monitor.ts';
import { Supervisor } from './supervisor.ts';

/** Hears what happens to an instance. */
export interface InstanceEvents extends HealthEvents {
  state(from: PluginState, to: PluginState): void;
  breaker(from: BreakerState, to: BreakerState): void;
}

/** What an instance is made of. */
export interface InstanceParts {
  readonly plugin: string;
  readonly source: PluginSource;
  readonly settings: ResolvedSettings;
  readonly clock: Clock;
  readonly setup: Omit<OpenSetup, 'signal' | 'launch'>;
  readonly gate: Gate | undefined;
  readonly events: InstanceEvents;
  /** Hears of its calls; undefined where nobody counts. */
  readonly recorder: CallRecorder | undefined;
}

/** One running copy of a plugin: its life, its breaker, its health, and the calls that go to it. */
export class Instance implements Target {
  readonly tally: Tally = new Tally();
  readonly recorder: CallRecorder | undefined;
  readonly supervisor: Supervisor;
  breaker: Breaker | undefined;
  readonly monitor: HealthMonitor;
  spread: 'least-loaded' | 'weighted';
  weight: number;
  /** What it has gained and not yet paid in weighted spreading. */
  credit: number = 0;
  /** When it was picked last, as a count of picks. */
  lastPick: number = 0;
  /** Replaced or stopping: takes no new calls, and retries go elsewhere. */
  retired: boolean = false;
  /** The hooks that it answers, as it said when it was last ready; undefined before. */
  hooks: readonly string[] | undefined = undefined;
  /** Calls wait for it before they go here. */
  hold: Promise<void> | undefined = undefined;
  readonly #parts: InstanceParts;
  /** Its number among the instances of its plugin, counted from 0. */
  readonly index: number;
  #settings: ResolvedSettings;

  constructor(parts: InstanceParts, index: number) {
    const { settings, clock, events } = parts;
    this.#parts = parts;
    this.recorder = parts.recorder;
    this.index = index;
    this.#settings = settings;
    this.spread = settings.instances.spread;
    this.weight = settings.instances.weights?.[index] ?? 1;
    this.breaker = breakerOf(settings, clock, events);
    this.supervisor = new Supervisor({
      name: parts.plugin,
      source: parts.source,
      settings,
      clock,
      setup: parts.setup,
      gate: parts.gate,
      onMove: (from, to) => this.#moved(from, to, events),
    });
    this.monitor = new HealthMonitor(this.supervisor, settings.healthCheck, clock, parts.plugin, events);
  }

  channel(): Channel | Promise<Channel> {
    return this.hold === undefined
      ? this.supervisor.channel()
      : this.hold.then(() => this.supervisor.channel());
  }

  /** Whether a call sent here now could be answered, or waits for a start at most. */
  get available(): boolean {
    const { status } = this.supervisor.state;
    const isSick = this.monitor.status === 'unhealthy' || this.monitor.status === 'offline';
    return !this.retired && !isSick && (status === 'ready' || status === 'starting' || status === 'stopped');
  }

  start(): Promise<void> {
    return this.supervisor.start();
  }

  /** Starts it, and is satisfied only if it says that it is well. */
  async startHealthy(): Promise<void> {
    await this.start();
    const { status, message } = await this.monitor.ask();
    if (status === 'healthy' || status === 'degraded') return;
    throw new PluginError('HEALTH_1601', {
      plugin: this.#parts.plugin,
      message: `it started but is ${status}: ${message ?? 'it does not say why'}. Look at its log.`,
    });
  }

  /** Goes on under other settings, where those need no new start. */
  adjust(settings: ResolvedSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    this.spread = settings.instances.spread;
    this.weight = settings.instances.weights?.[this.index] ?? 1;
    this.supervisor.adjust(settings);
    if (!isDeepStrictEqual(before.healthCheck, settings.healthCheck))
      this.monitor.adjust(settings.healthCheck);
    if (!isDeepStrictEqual(before.circuitBreaker, settings.circuitBreaker)) this.#newBreaker();
  }

  /** A breaker with another policy begins closed; who passed the old one settles there. */
  #newBreaker(): void {
    const { clock, events } = this.#parts;
    const from = this.breaker?.state ?? 'closed';
    this.breaker?.close();
    this.breaker = breakerOf(this.#settings, clock, events);
    if (from !== 'closed') events.breaker(from, 'closed');
  }

  /** From now on it takes no new calls. */
  draining(): void {
    this.retired = true;
    this.supervisor.draining();
    this.monitor.stop();
  }

  async stop(timeoutMs: number): Promise<void> {
    this.retired = true;
    this.monitor.stop();
    await this.supervisor.stop(timeoutMs);
    this.breaker?.close();
  }

  /** Ends it at once: what it still does is lost. */
  force(): void {
    this.retired = true;
    this.monitor.stop();
    this.supervisor.force();
  }

  #moved(from: PluginState, to: PluginState, events: InstanceEvents): void {
    if (to.status === 'ready') {
      this.hooks = this.supervisor.live?.hooks;
      this.breaker?.reset(); // what it counted was another process
      this.monitor.start();
    }
    events.state(from, to);
    const isDown = to.status === 'restarting' || to.status === 'failed';
    if (from.status === 'ready' || isDown) this.monitor.stop();
  }
}

function breakerOf(settings: ResolvedSettings, clock: Clock, events: InstanceEvents): Breaker | undefined {
  const policy = settings.circuitBreaker;
  if (policy === undefined) return undefined;
  const listener = (from: BreakerState, to: BreakerState): void => events.breaker(from, to);
  return policy.mode === 'rate'
    ? rateBreaker(policy, clock, listener)
    : consecutiveBreaker(policy, clock, listener);
}
