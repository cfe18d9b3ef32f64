import type { Clock } from '../../src/core/clock.ts';
import type { Labels } from '../../src/core/metric-family.ts';
import type { InstanceRecorder, PluginRecorder, Traffic } from '../../src/core/metrics.ts';
import { Buckets } from './buckets.ts';
import { CallCells, type CallListener } from './call-cells.ts';
import { startBucketsSeconds } from './descriptors.ts';
import { Pace } from './pace.ts';

/** A plugin may invent codes; what is over this many, or longer than this, is counted as `_OTHER`. */
const maxCodes = 50;
const maxCodeLength = 64;

/** Everything that is counted of one plugin. */
export class PluginCells implements PluginRecorder, CallListener {
  readonly labels: Labels;
  /** When it was registered, in milliseconds since 1970. */
  readonly sinceMs: number;
  readonly calls: CallCells;
  readonly instances: Map<number, InstanceCells> = new Map<number, InstanceCells>();
  readonly codes: Map<string, number> = new Map<string, number>();
  readonly starts: Buckets = new Buckets(startBucketsSeconds);
  readonly pace: Pace;
  startFailures = 0;
  retries = 0;
  rateLimited = 0;
  limited = 0;
  outages = 0;
  drops = 0;
  drains = 0;
  drainCancelled = 0;
  sentBytes = 0;
  receivedBytes = 0;
  readonly traffic: Traffic = {
    sent: (bytes) => void (this.sentBytes += bytes),
    received: (bytes) => void (this.receivedBytes += bytes),
  };
  private readonly hooks: ReadonlySet<string>;
  private readonly clock: Clock;

  constructor(plugin: string, hooks: readonly string[], clock: Clock) {
    this.labels = { plugin_name: plugin };
    this.clock = clock;
    this.sinceMs = this.nowMs();
    this.pace = new Pace(clock.now());
    this.hooks = new Set(hooks);
    this.calls = new CallCells(this.hooks, this.labels, this);
  }

  instance(index: number): InstanceCells {
    const there = this.instances.get(index);
    if (there !== undefined) return there;
    const cells = new InstanceCells(this, { ...this.labels, plugin_instance: String(index) }, this.hooks);
    this.instances.set(index, cells);
    return cells;
  }

  retried(): void {
    this.retries++;
  }

  limitedLocally(): void {
    this.limited++;
  }

  sharedLimitLost(): void {
    this.outages++;
  }

  dropped(): void {
    this.drops++;
  }

  drained(cancelled: number): void {
    this.drains++;
    this.drainCancelled += cancelled;
  }

  ended(endedAtMs: number): void {
    this.pace.count(endedAtMs);
  }

  failed(endedAtMs: number, errorCode: string, cells: CallCells): void {
    this.pace.countFailure(endedAtMs);
    const code = this.isBounded(errorCode) ? errorCode : '_OTHER';
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    // A plugin may answer with this code too; only who reached no instance was refused by the limit.
    if (cells === this.calls && errorCode === 'RATELIMIT_1501') this.rateLimited++;
  }

  nowMs(): number {
    return this.clock.date().getTime();
  }

  private isBounded(code: string): boolean {
    return this.codes.has(code) || (this.codes.size < maxCodes && code.length <= maxCodeLength);
  }
}

/** Everything that is counted of one instance. */
export class InstanceCells implements InstanceRecorder {
  readonly labels: Labels;
  readonly calls: CallCells;
  restarts = 0;
  trips = 0;
  healthCheckFailures = 0;
  private readonly plugin: PluginCells;

  constructor(plugin: PluginCells, labels: Labels, hooks: ReadonlySet<string>) {
    this.plugin = plugin;
    this.labels = labels;
    this.calls = new CallCells(hooks, labels, plugin).bind();
  }

  started(durationMs: number): void {
    this.plugin.starts.add(durationMs / 1000);
  }

  startFailed(): void {
    this.plugin.startFailures++;
  }

  restarted(): void {
    this.restarts++;
  }

  tripped(): void {
    this.trips++;
  }

  healthCheckFailed(): void {
    this.healthCheckFailures++;
  }
}
