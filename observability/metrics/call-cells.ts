import type { Exemplar, Labels } from '../../src/core/metric-family.ts';
import type { CallRecorder } from '../../src/core/metrics.ts';
import { Buckets } from './buckets.ts';
import { callBucketsSeconds } from './descriptors.ts';
import { sampledTrace } from './sampled-trace.ts';

/** A bucket's exemplar stays for so long: nobody scrapes more often, and a new one for each call would cost more than the call. */
const exemplarMs = 1000;

/** Hooks that the host did not announce. */
const otherHook = '_OTHER';

/** Who is told of a call besides its cells. */
export interface CallListener {
  ended(endedAtMs: number): void;
  failed(endedAtMs: number, errorCode: string, cells: CallCells): void;
  /** The time of day, in milliseconds since 1970. */
  nowMs(): number;
}

/** What was counted of the calls of one hook. */
export interface HookCells {
  readonly labels: Labels;
  readonly durations: Buckets;
  failed: number;
  /** By bucket; made when the first traced call comes. */
  exemplars: (Exemplar | undefined)[] | undefined;
  /** When each was taken, on the clock. */
  tracedAtMs: Float64Array | undefined;
}

/**
 * Counts the calls of one instance, or those that reached none, by hook: a few additions to fixed cells, and nothing is
 * allocated. Its private members are so to the compiler only: `#` fields would cost every call.
 */
export class CallCells implements CallRecorder {
  readonly hooks: Map<string, HookCells> = new Map<string, HookCells>();
  private readonly known: ReadonlySet<string>;
  private readonly labels: Labels;
  private readonly listener: CallListener;
  /** Most plugins are asked one hook again and again. */
  private lastHook: string | undefined = undefined;
  private last: HookCells;

  constructor(known: ReadonlySet<string>, labels: Labels, listener: CallListener) {
    this.known = known;
    this.labels = labels;
    this.listener = listener;
    this.last = this.newCells(otherHook);
  }

  /** Makes the cells of every known hook, so that a series begins with 0 and not with its first call. */
  bind(): this {
    for (const hook of this.known) this.cellsOf(hook);
    return this;
  }

  ended(
    hook: string,
    startedAtMs: number,
    endedAtMs: number,
    errorCode: string | undefined,
    traceparent: string | undefined,
  ): void {
    const cells = hook === this.lastHook ? this.last : this.find(hook);
    const seconds = (endedAtMs - startedAtMs) / 1000;
    const bucket = cells.durations.add(seconds);
    this.listener.ended(endedAtMs);
    if (errorCode !== undefined) {
      cells.failed++;
      this.listener.failed(endedAtMs, errorCode, this);
    }
    if (traceparent !== undefined) this.trace(cells, bucket, seconds, endedAtMs, traceparent);
  }

  private find(hook: string): HookCells {
    this.last = this.cellsOf(this.known.has(hook) ? hook : otherHook);
    this.lastHook = hook;
    return this.last;
  }

  private cellsOf(hook: string): HookCells {
    const there = this.hooks.get(hook);
    if (there !== undefined) return there;
    const cells = this.newCells(hook);
    this.hooks.set(hook, cells);
    return cells;
  }

  private newCells(hook: string): HookCells {
    const durations = new Buckets(callBucketsSeconds);
    return {
      labels: { ...this.labels, hook },
      durations,
      failed: 0,
      exemplars: undefined,
      tracedAtMs: undefined,
    };
  }

  private trace(
    cells: HookCells,
    bucket: number,
    value: number,
    endedAtMs: number,
    traceparent: string,
  ): void {
    const lastAtMs = cells.tracedAtMs?.[bucket] ?? -Infinity;
    if (endedAtMs < lastAtMs + exemplarMs) return;
    const ids = sampledTrace(traceparent);
    if (ids === undefined) return;
    cells.tracedAtMs ??= new Float64Array(callBucketsSeconds.length + 1).fill(-Infinity);
    cells.tracedAtMs[bucket] = endedAtMs;
    cells.exemplars ??= callBucketsSeconds.map(() => undefined);
    cells.exemplars[bucket] = { ...ids, value, atMs: this.listener.nowMs() };
  }
}
