import type { MailVerdict } from '../contract.ts';

/** One thing found in a message: how bad it is, and what it is. */
export type Finding = readonly [score: number, what: string];

/** Adds findings up. */
export function verdictOf(findings: readonly Finding[]): MailVerdict {
  const score = findings.reduce((sum, [points]) => sum + points, 0);
  return { score, hits: findings.map(([, what]) => what) };
}
