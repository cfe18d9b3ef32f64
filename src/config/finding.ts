import type { ErrorCode } from '../core/error-codes.ts';
import { positionsIn } from './positions.ts';
import type { ConfigProblem } from './problems.ts';

/** A problem before its place is known as line and column. */
export interface Finding {
  readonly code: ErrorCode;
  /** Characters before it in the text. */
  readonly at: number | undefined;
  readonly path: string;
  readonly message: string;
}

/** Findings in the order of the text, with line and column. */
export function placed(findings: readonly Finding[], text: string): ConfigProblem[] {
  const positionOf = positionsIn(text);
  const sorted = findings.toSorted((a, b) => (a.at ?? -1) - (b.at ?? -1));
  return sorted.map(({ at, ...problem }) => (at === undefined ? problem : { ...problem, ...positionOf(at) }));
}
