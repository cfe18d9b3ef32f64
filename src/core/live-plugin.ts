import type { HealthStatus } from './health.ts';
import type { PluginState } from './plugin-state.ts';

/** What metrics read of a registered plugin. */
export interface LivePlugin {
  readonly name: string;
  /** Its transport. */
  readonly kind: string;
  /** What it says of itself; known while it is ready. */
  readonly info: { readonly version: string } | undefined;
  readonly calls: { readonly active: number };
  /** How many calls wait for a token or a slot. */
  readonly queued: number;
  readonly instances: readonly LiveInstance[];
}

/** What metrics read of a running copy of a plugin. */
export interface LiveInstance {
  readonly state: PluginState;
  readonly health: HealthStatus;
  /** Undefined without a circuit breaker. */
  readonly breaker: 'closed' | 'open' | 'half-open' | undefined;
}
