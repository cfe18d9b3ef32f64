import type { Clock } from '../core/clock.ts';
import { isPluginError, PluginError } from '../core/errors.ts';

/** When a plugin was replaced the last time, so that it is not again too soon. */
export class Cooldown {
  readonly #plugin: string;
  readonly #clock: Clock;
  #beganAt: number | undefined;

  constructor(plugin: string, clock: Clock) {
    this.#plugin = plugin;
    this.#clock = clock;
  }

  begin(): void {
    this.#beganAt = this.#clock.now();
  }

  /** What a replacement hears that comes before so many milliseconds have passed; undefined for one that may begin. */
  refusal(lengthMs: number): PluginError | undefined {
    if (this.#beganAt === undefined) return undefined;
    const retryAfterMs = Math.ceil(this.#beganAt + lengthMs - this.#clock.now());
    if (retryAfterMs <= 0) return undefined;
    const message = `it was replaced only just now, and may be again in ${retryAfterMs} ms. Wait, or lower reloadCooldownMs.`;
    return new PluginError('PLUGIN_1213', { plugin: this.#plugin, message, retryAfterMs });
  }
}

/** How long to wait where nothing but cooldowns stood against a change, in milliseconds. */
export function cooldownLeftMs(error: unknown): number | undefined {
  const reasons = reasonsOf(error);
  const waits = reasons.map((reason) =>
    isPluginError(reason) && reason.code === 'PLUGIN_1213' ? reason.retryAfterMs : undefined,
  );
  const known = waits.filter((waitMs) => waitMs !== undefined);
  return known.length === reasons.length ? Math.max(...known) : undefined;
}

function reasonsOf(error: unknown): readonly unknown[] {
  const cause = isPluginError(error) ? error.cause : undefined;
  return cause instanceof AggregateError ? cause.errors : [error];
}
