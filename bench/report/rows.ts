import type { Laps } from '../measure/race.ts';
import { ratios } from '../measure/race.ts';
import type { FactRow, RatioRow, Spread, Target, TimeRow, Verdict } from './report.ts';

/** The middle and both ends of some figures. */
export function spread(figures: readonly number[]): Spread {
  return { median: quantile(figures, 0.5), min: quantile(figures, 0), max: quantile(figures, 1) };
}

/** One row of times for each contender of a race; `about` says which race. */
export function timeRows(laps: Laps, about: string): TimeRow[] {
  return [...laps].map(([name, ns]) => ({ what: `${name}, ${about}`, unit: 'ns per call', ...spread(ns) }));
}

/** How many times as long one contender took as another. */
export function timesAsLong(laps: Laps, about: string, [one, other]: Pair, target?: Target): RatioRow {
  return ratioRow(`${one} takes x times ${other}, ${about}`, ratios(laps, one, other), target);
}

/** How many times as many calls in a second one contender made as another. */
export function timesAsFast(laps: Laps, about: string, [one, other]: Pair, target?: Target): RatioRow {
  return ratioRow(`${one} makes x times the calls of ${other}, ${about}`, ratios(laps, other, one), target);
}

/** Two contenders of one race: the one that is judged, and what it is measured by. */
export type Pair = readonly [one: string, other: string];

function ratioRow(what: string, figures: readonly number[], target: Target | undefined): RatioRow {
  return { what, ...spread(figures), ...(target && { target, verdict: verdictOf(figures, target) }) };
}

/** A count or a size, with what it should be. */
export function fact(what: string, value: number, unit: string, target?: Target): FactRow {
  return { what, value, unit, ...(target && { target, verdict: verdictOf([value], target) }) };
}

/** Missed is what three rounds of four miss; where the rounds disagree more than that, the machine was too noisy to say. */
function verdictOf(figures: readonly number[], { kind, limit }: Target): Verdict {
  const holds = (figure: number): boolean => (kind === 'at most' ? figure <= limit : figure >= limit);
  if (holds(quantile(figures, 0.5))) return 'held';
  return holds(quantile(figures, kind === 'at most' ? 0.25 : 0.75)) ? 'within noise' : 'missed';
}

function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
}
