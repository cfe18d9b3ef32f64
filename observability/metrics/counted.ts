import type { Clock } from '../../src/core/clock.ts';
import type { LiveHost } from '../../src/core/metrics.ts';
import type { PluginCells } from './plugin-cells.ts';

/** Everything that is counted of a host, and where the rest is read. */
export interface Counted {
  readonly plugins: ReadonlyMap<string, PluginCells>;
  readonly host: LiveHost;
  readonly clock: Clock;
  /** When counting began, in milliseconds since 1970. */
  readonly sinceMs: number;
  readonly reloads: { succeeded: number; failed: number; lastMs: number | undefined };
}
