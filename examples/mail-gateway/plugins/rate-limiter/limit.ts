/** A limit: how much at once, how much over time. */
export interface Limit {
  /** How much may be taken at once, after a rest. */
  readonly burst: number;
  /** How much comes back in a minute. */
  readonly perMinute: number;
  /** How long whoever has used it up is locked out, in milliseconds; 0 waits for what comes back. */
  readonly lockMs: number;
}

/** Whether it was granted. */
export interface Grant {
  readonly isGranted: boolean;
  readonly remaining: number;
  /** When so much is there again, in milliseconds; of a grant, when all of it is. */
  readonly waitMs: number;
}

/** Where limits are kept: in this process, or where several of them share one. */
export interface LimitStore {
  /** Takes `cost` of a limit, all or nothing; 0 only asks whether something is left. */
  take(key: string, cost: number, limit: Limit): Grant | Promise<Grant>;
  close(): void;
}
