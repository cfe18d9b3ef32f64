/** When a mail is tried again. */
export interface RetrySettings {
  /** Before the second attempt, in milliseconds. */
  readonly firstMs: number;
  /** The most between two attempts, in milliseconds. */
  readonly maxMs: number;
  readonly factor: number;
  /** How far chance may move it either way: 0.2 is a fifth. So that what failed together does not come back together. */
  readonly jitter: number;
}

/** How long after failed attempt number `attempt` the next one comes, in milliseconds; `chance` is 0 up to 1. */
export function retryDelayMs(settings: RetrySettings, attempt: number, chance: number): number {
  const plainMs = Math.min(settings.maxMs, settings.firstMs * settings.factor ** (attempt - 1));
  return Math.round(plainMs * (1 + settings.jitter * (2 * chance - 1)));
}
