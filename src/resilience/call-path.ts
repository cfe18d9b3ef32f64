import type { ExecutionContext } from '../core/execution-context.ts';
import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { Call } from './call.ts';
import type { CallParts, Question, Target } from './call-parts.ts';
import { problemOf } from './option-check.ts';
import type { Tally } from './tally.ts';

/** How a wait for the last call went. */
export interface DrainOptions {
  readonly timeoutMs: number;
  /** Hears how many calls are left, each time one ends. */
  readonly onProgress?: ((remaining: number) => void) | undefined;
}

/** The way of every call to one plugin: composed once, no layers at call time. */
export class CallPath {
  readonly #parts: CallParts;
  #refusal: (() => PluginError) | undefined = undefined;
  /** Most plugins are asked one hook again and again. */
  #lastHook: string | undefined = undefined;
  #lastQuestion: Question | undefined = undefined;

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  /** How many calls wait for a token or a slot. */
  get queued(): number {
    const { limiter, concurrency } = this.#parts;
    return (limiter?.queued ?? 0) + (concurrency?.queued ?? 0);
  }

  /** Ends the timers of its policies. */
  close(): void {
    this.#parts.limiter?.close();
  }

  /** Asks the plugin. Rejects with a `PluginError`, always. */
  execute(hook: string, request: unknown, options: ExecutionContext | undefined): Promise<unknown> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal());
    const problem = options && problemOf(options);
    if (problem !== undefined) return Promise.reject(this.#badOptions(problem));
    const question = hook === this.#lastHook ? this.#lastQuestion : this.#find(hook);
    if (question === undefined) return Promise.reject(this.#noSuchHook(hook));
    const call = new Call(this.#parts, hook, question, request, options);
    return new Promise((resolve, reject) => call.begin(resolve, reject));
  }

  /**
   * Asks one of the several plugins that answer a hook: the question was checked before, and one of the functions is
   * called at once where the plugin answers at once.
   */
  ask(
    hook: string,
    question: Question,
    request: unknown,
    options: ExecutionContext | undefined,
    resolve: (answer: unknown) => void,
    reject: (error: PluginError) => void,
  ): void {
    if (this.#refusal !== undefined) return reject(this.#refusal());
    new Call(this.#parts, hook, question, request, options).begin(resolve, reject);
  }

  /** Refuses every new call from now on; the first reason stays. */
  refuse(refusal: () => PluginError): void {
    this.#refusal ??= refusal;
  }

  /** Cancels what still runs after `timeoutMs`. The returned function ends that and says how many it cancelled. */
  hurry(timeoutMs: number): () => number {
    let cancelled = 0;
    const timer = this.#parts.clock.startTimer(timeoutMs, () => {
      cancelled = cancelAll(this.#parts, this.#parts.tally, undefined);
    });
    return () => {
      timer.cancel();
      return cancelled;
    };
  }

  /** Waits until no call runs, for at most `timeoutMs`; then cancels the rest. Says how many that were. */
  drain(options: DrainOptions): Promise<number> {
    return drain(this.#parts.tally, this.#parts, options, undefined);
  }

  /** The same for the calls of one instance. */
  drainTarget(target: Target, options: DrainOptions): Promise<number> {
    return drain(target.tally, this.#parts, options, target);
  }

  #badOptions(problem: string): PluginError {
    return new PluginError('CONFIG_1703', {
      plugin: this.#parts.plugin,
      message: `the call's options are wrong: ${problem}`,
    });
  }

  #find(hook: string): Question | undefined {
    const { contract } = this.#parts;
    if (!Object.hasOwn(contract, hook)) return undefined;
    this.#lastHook = hook;
    this.#lastQuestion = contract[hook];
    return this.#lastQuestion;
  }

  #noSuchHook(hook: string): PluginError {
    const { plugin, contract } = this.#parts;
    const message = `the contract has no hook '${printable(hook, 80)}', but: ${Object.keys(contract).join(', ')}.`;
    return new PluginError('PLUGIN_1211', { plugin, message });
  }
}

/** The drain ends with the last call, not on a tick. */
async function drain(
  tally: Tally,
  parts: CallParts,
  options: DrainOptions,
  target: Target | undefined,
): Promise<number> {
  if (tally.active === 0) return 0;
  await new Promise<void>((resolve) => {
    const timer = parts.clock.startTimer(options.timeoutMs, resolve);
    tally.onEnd((active) => {
      options.onProgress?.(active);
      if (active > 0) return;
      timer.cancel();
      resolve();
    });
  });
  tally.onEnd(undefined);
  return cancelAll(parts, tally, target);
}

function cancelAll(parts: CallParts, tally: Tally, target: Target | undefined): number {
  const { plugin, deadlines } = parts;
  const message = 'the call was cancelled: the plugin is being stopped and its time to finish is over.';
  const calls = deadlines
    .entries()
    .filter((entry): entry is Call => entry instanceof Call && entry.isLeft(tally, target));
  for (const call of calls) call.cancel(new PluginError('PLUGIN_1206', { plugin, hook: call.hook, message }));
  return calls.length;
}
