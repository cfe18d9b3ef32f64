import type { SecurityStatistics } from '../../src/core/gate.ts';
import type { ViolationKind } from '../whitelist/violation.ts';

/** Counts what a gate decides. */
export class Counts {
  #authorized = 0;
  #rejected = 0;
  #reloads = 0;
  #failedReloads = 0;
  readonly #violations = new Map<ViolationKind, number>();
  #lastAuthorizedAt: Date | undefined;
  #lastRejectedAt: Date | undefined;
  #lastReloadAt: Date | undefined;

  authorized(at: Date): void {
    this.#authorized++;
    this.#lastAuthorizedAt = at;
  }

  /** A kind counts once for each judgement, however many files of a directory are affected. */
  rejected(at: Date, kinds: ReadonlySet<ViolationKind>): void {
    this.#rejected++;
    this.#lastRejectedAt = at;
    for (const kind of kinds) this.#violations.set(kind, (this.#violations.get(kind) ?? 0) + 1);
  }

  reloaded(at: Date): void {
    this.#reloads++;
    this.#lastReloadAt = at;
  }

  reloadFailed(): void {
    this.#failedReloads++;
  }

  snapshot(): SecurityStatistics {
    return {
      attempts: this.#authorized + this.#rejected,
      authorized: this.#authorized,
      rejected: this.#rejected,
      violations: Object.fromEntries(this.#violations),
      reloads: this.#reloads,
      failedReloads: this.#failedReloads,
      lastAuthorizedAt: this.#lastAuthorizedAt,
      lastRejectedAt: this.#lastRejectedAt,
      lastReloadAt: this.#lastReloadAt,
    };
  }
}
