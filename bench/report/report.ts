/** What a figure should be, said by the project's owner. */
export interface Target {
  readonly kind: 'at most' | 'at least';
  readonly limit: number;
}

/** How a figure stands to its target; `within noise` where the rounds of a run disagree. */
export type Verdict = 'held' | 'within noise' | 'missed';

/** Figures of several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** How long one thing took. It says something only beside the other times of the same run. */
export interface TimeRow extends Spread {
  readonly what: string;
  readonly unit: 'ns per call';
}

/** How many times as long, or as fast, one thing was as another in the same round. */
export interface RatioRow extends Spread {
  readonly what: string;
  readonly target?: Target;
  readonly verdict?: Verdict;
}

/** A count or a size. */
export interface FactRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: Target;
  readonly verdict?: Verdict;
}

/** What one group found. */
export interface Report {
  readonly group: string;
  readonly about: string;
  readonly times: readonly TimeRow[];
  readonly ratios: readonly RatioRow[];
  readonly facts: readonly FactRow[];
}

export const atMost = (limit: number): Target => ({ kind: 'at most', limit });
export const atLeast = (limit: number): Target => ({ kind: 'at least', limit });
