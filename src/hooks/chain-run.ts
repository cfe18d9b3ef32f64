import { isPluginError, messageOf, PluginError } from '../core/errors.ts';
import type { ExecutionContext } from '../core/execution-context.ts';
import { consequenceOf, optionsFor, type Chain, type Member, type RunOptions } from './chain.ts';
import type { Answer, HookFailure } from './combining.ts';
import type { Verdict } from './verdict.ts';

const none: readonly never[] = Object.freeze([]);

/**
 * One run of a chain: it gathers what is said until somebody decides or nobody is left. Everything may happen at
 * once, without a promise; only a run that waits for somebody makes one.
 */
export abstract class ChainRun {
  protected readonly chain: Chain;
  protected request: unknown;
  protected answer: Answer;
  protected by: string | undefined = undefined;
  protected score: number = 0;
  private readonly options: RunOptions | undefined;
  private modifications: Answer[] | undefined = undefined;
  private failures: HookFailure[] | undefined = undefined;
  /** When the first plugin was waited for, on the clock; until then no time has passed that counts. */
  private waitsSince: number | undefined = undefined;
  private verdict: Verdict | undefined = undefined;
  private problem: PluginError | undefined = undefined;
  private resolve: ((verdict: Verdict) => void) | undefined = undefined;
  private reject: ((problem: PluginError) => void) | undefined = undefined;

  constructor(chain: Chain, request: unknown, options: RunOptions | undefined) {
    this.chain = chain;
    this.request = request;
    this.options = options;
    this.answer = chain.combining.otherwise;
  }

  /**
   * Asks everybody who has to be asked.
   * @throws {PluginError} `PLUGIN_1206` when the caller gave up.
   */
  run(): Verdict | Promise<Verdict> {
    this.start();
    if (this.problem !== undefined) throw this.problem;
    if (this.verdict !== undefined) return this.verdict;
    this.waitsSince = this.chain.clock.now();
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  protected get isOver(): boolean {
    return this.verdict !== undefined || this.problem !== undefined;
  }

  protected abstract start(): void;

  /** Asks one plugin for what is left of the chain's time; each of the functions ends its turn. */
  protected ask(member: Member, heard: (answer: Answer) => void, failed: (error: PluginError) => void): void {
    const leftMs = this.leftMs;
    const fail = (error: PluginError): void => this.guard(() => failed(error));
    if (leftMs <= 0) return fail(this.tooLate(member));
    const answered = (said: unknown): void => {
      let answer: Answer;
      try {
        answer = this.received(member, said);
      } catch (error) {
        return fail(isPluginError(error) ? error : illegal(member, messageOf(error), error));
      }
      this.guard(() => heard(answer));
    };
    member.ask(this.request, this.optionsFor(member, leftMs), answered, fail);
  }

  /** Files a failure; gives the answer that stands for it where the hook is closed for this plugin. */
  protected fail(member: Member, error: PluginError): Answer | undefined {
    if (member.isNoAnswer(error)) return undefined;
    if (this.options?.signal?.aborted === true) return this.giveUp(error);
    const { failure, answer } = consequenceOf(member, this.chain.combining, error);
    (this.failures ??= []).push(failure);
    return answer;
  }

  protected modified(answer: Answer): void {
    (this.modifications ??= []).push(answer);
  }

  protected finish(): void {
    const { answer, by, request, score, modifications = none, failures = none } = this;
    this.verdict = { answer, by, request, modifications, score, failures };
    this.resolve?.(this.verdict);
  }

  private giveUp(problem: PluginError): undefined {
    this.problem ??= problem;
    this.reject?.(this.problem);
  }

  /** For the whole run, in milliseconds. */
  private get timeoutMs(): number {
    return this.options?.timeoutMs || this.chain.timeoutMs;
  }

  private get leftMs(): number {
    const { waitsSince, timeoutMs } = this;
    return waitsSince === undefined ? timeoutMs : timeoutMs - (this.chain.clock.now() - waitsSince);
  }

  private optionsFor(member: Member, leftMs: number): ExecutionContext {
    return optionsFor(member, Math.min(leftMs, member.timeoutMs), this.options);
  }

  /** An answer that can be combined, with its notes kept. Throws what is wrong with it: even to read it may throw. */
  private received(member: Member, said: unknown): Answer {
    if (!isAnswer(said)) throw new TypeError('it is no object with an `action`');
    const { notes } = said;
    if (notes !== undefined) this.options?.within?.note(member.plugin, notes);
    return said;
  }

  /** What the contract's own functions throw is the caller's to hear, and must not reach whoever brought the answer. */
  private guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      const message = `a function of the hook's definition threw: ${messageOf(error)}. Mend it where the hook is defined.`;
      this.giveUp(new PluginError('CONFIG_1703', { hook: this.chain.hook, message, cause: error }));
    }
  }

  private tooLate({ plugin }: Member): PluginError {
    const { hook } = this.chain;
    const message = `it was not asked: the ${this.timeoutMs} ms of the whole chain were over. Look at which plugin before it is slow.`;
    return PluginError.withoutStack('PLUGIN_1204', { plugin, hook, message });
  }
}

function isAnswer(answer: unknown): answer is Answer {
  return (
    typeof answer === 'object' && answer !== null && 'action' in answer && typeof answer.action === 'string'
  );
}

/** What a plugin hears whose answer means nothing to the rule. */
export function illegal({ plugin }: Member, why: string, cause?: unknown): PluginError {
  const message = `its answer cannot be combined: ${why}. Answer as the contract says.`;
  return new PluginError('PLUGIN_1210', { plugin, message, cause });
}
