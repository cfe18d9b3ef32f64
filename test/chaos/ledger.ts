import { isPluginError } from 'plugboard';

/** What the callers of one plugin saw: so many calls made, each ended once, and how. */
export class Ledger {
  made = 0;
  answered = 0;
  /** Failures by code. */
  readonly failed = new Map<string, number>();
  /** What must not happen: an answer to another question, or an error without a code. */
  readonly faults: string[] = [];

  get failures(): number {
    return [...this.failed.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Follows one call to its end, which it notes; the promise it gives never rejects. */
  async follow<T>(call: Promise<T>, isRight: (answer: T) => boolean): Promise<void> {
    this.made++;
    try {
      const answer = await call;
      this.answered++;
      if (!isRight(answer)) this.#fault(`a wrong answer: ${JSON.stringify(answer)}`);
    } catch (error) {
      if (!isPluginError(error)) this.#fault(`an uncoded error: ${String(error)}`);
      const code = isPluginError(error) ? error.code : 'none';
      this.failed.set(code, (this.failed.get(code) ?? 0) + 1);
    }
  }

  #fault(what: string): void {
    if (this.faults.length < 10) this.faults.push(what);
  }
}
