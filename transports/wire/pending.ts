import type { PluginError } from '../../src/core/errors.ts';
import type { TraceContext } from '../../src/core/trace-context.ts';

/**
 * A question that waits for its answer. It is told once, and holds on to nobody after that: among V8's old objects it
 * would keep its answer alive until the next full collection. It is a class, because literals of a kind that often
 * outlives a collection are made there at once.
 */
export class Pending {
  readonly hook: string | undefined;
  readonly onProgress: ((value: unknown) => void) | undefined;
  /** Where the call stands in its trace. */
  readonly trace: TraceContext | undefined;
  /** Whether the turn in which it was sent is over. */
  isUnderWay: boolean = false;
  // Private to the compiler only: one is made for every call, and `#` fields cost time.
  private onAnswer: ((result: unknown) => void) | undefined;
  private onError: ((error: PluginError) => void) | undefined;

  constructor(
    hook: string | undefined,
    onAnswer: (result: unknown) => void,
    onError: (error: PluginError) => void,
    onProgress?: (value: unknown) => void,
    trace?: TraceContext,
  ) {
    this.hook = hook;
    this.onAnswer = onAnswer;
    this.onError = onError;
    this.onProgress = onProgress;
    this.trace = trace;
  }

  resolve(result: unknown): void {
    const { onAnswer } = this;
    this.onAnswer = this.onError = undefined;
    onAnswer?.(result);
  }

  reject(error: PluginError): void {
    const { onError } = this;
    this.onAnswer = this.onError = undefined;
    onError?.(error);
  }
}
