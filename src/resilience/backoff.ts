/** Growing waits: the first, the factor, the longest. */
export interface Backoff {
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly multiplier: number;
}

/** The wait before try `attempt` (1 is the first try after a failure), in milliseconds. */
export function backoffMs(backoff: Backoff, attempt: number): number {
  const { initialDelayMs, maxDelayMs, multiplier } = backoff;
  return Math.min(initialDelayMs * multiplier ** (attempt - 1), maxDelayMs);
}

/** A wait made up to `jitter` (0 to 1) longer or shorter; `random` is between 0 and 1. */
export function jittered(delayMs: number, jitter: number, random: number): number {
  return delayMs * (1 + jitter * (2 * random - 1));
}
