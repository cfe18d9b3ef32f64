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

/** More than anybody mends at once; a hostile file could have one at every second character. */
export const maxFindings = 1000;

/** Gathers what is wrong with one configuration. */
export class Findings {
  readonly all: Finding[] = [];

  /** @throws {TooMany} so that the rest of a text that has nothing right in it costs nothing. */
  readonly report = (finding: Finding): void => {
    if (this.all.length === maxFindings) throw new TooMany();
    this.all.push(finding);
  };

  /** Does the work, or gives it up when there is too much to say. */
  during<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (error instanceof TooMany) return undefined;
      throw error;
    }
  }
}

class TooMany extends Error {}
