import type { Evidence } from '../start/evidence.ts';
import { judge } from '../whitelist/judge.ts';
import { refusal } from '../whitelist/violation.ts';
import type { Whitelist } from '../whitelist/whitelist.ts';
import type { PluginError } from '../../src/core/errors.ts';

interface Run {
  readonly plugin: string;
  readonly evidence: Evidence;
}

/** What was admitted and has not ended. */
export class Running {
  readonly #runs = new Set<Run>();

  /** Remembers a start; the returned function forgets it. */
  add(plugin: string, evidence: Evidence): () => void {
    const run = { plugin, evidence };
    this.#runs.add(run);
    return () => void this.#runs.delete(run);
  }

  /** The plugins that would not be admitted any more, each with why. What was told once is not told again. */
  forbiddenBy(whitelist: Whitelist): ReadonlyMap<string, PluginError> {
    const found = new Map<string, PluginError>();
    for (const run of this.#runs) {
      const violations = judge(whitelist, run.plugin, run.evidence);
      if (violations.length === 0) continue;
      this.#runs.delete(run);
      found.set(run.plugin, refusal(run.plugin, violations));
    }
    return found;
  }
}
