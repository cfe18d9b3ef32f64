import type { Hook } from '../core/contract.ts';
import type { PluginError } from '../core/errors.ts';

/** What engines read of an answer; all else is the contract's. */
export interface Answer {
  /** `continue` and `modify` decide nothing; every other action is a decision. */
  readonly action: string;
  /** Summed up by `accumulate-score`. */
  readonly score?: number | undefined;
  /** What the plugin wants to remember: by scope, merged into what it noted before. */
  readonly notes?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

/** One after the other; the first decision ends the chain. Answers with `modify` are gathered on the way. */
interface FirstDecisive {
  readonly combine: 'first-decisive';
}

/** As `first-decisive`, and each plugin sees what those before it made of the request. */
interface ModifyChain<Req, Resp> {
  readonly combine: 'modify-chain';
  /** The request as an answer with `modify` wants it. What it throws is the plugin's failure. */
  apply(request: Req, answer: Resp): Req;
}

/** All at once; scores are summed, and the worst action wins; of equals that of the plugin that comes first. */
interface AccumulateScore<Resp, Made> {
  readonly combine: 'accumulate-score';
  /** Actions from the one that wins to the one that yields. Default: reject, defer, quarantine, discard, modify. */
  readonly order?: readonly string[];
  /** What all answers together come to: thresholds, or one fact made of many. It wins over an equal answer. */
  total?(score: number, answers: readonly Resp[]): Made | undefined;
}

/** One after the other, until one knows the answer. */
interface FirstProvider<Resp> {
  readonly combine: 'first-provider';
  /** Whether an answer says something definite. What it throws is the plugin's failure. */
  provides(answer: Resp): boolean;
}

/** A rule under which somebody decides. Functions are methods, so that a map may hold rules of every type. */
type Deciding<Req, Resp, Made> =
  | FirstDecisive
  | ModifyChain<Req, Resp>
  | AccumulateScore<Resp, Made>
  | FirstProvider<Resp>;

/** A plugin that failed in a chain, and what that meant. */
export interface HookFailure {
  readonly plugin: string;
  readonly error: PluginError;
  /** `open`: it was passed over. `closed`: the hook's refusal took the place of its answer. */
  readonly rule: 'open' | 'closed';
}

/** What a refusal is made of. */
export interface Refused {
  readonly plugin: string;
  readonly error: PluginError;
  /** The code that the plugin's own rule asks for, if it names one. */
  readonly code: number | undefined;
}

/**
 * How the answers of several plugins to one hook become a verdict, and what a failure means. `Made` are the answers
 * that the definition makes itself.
 */
export type Combining<Req, Resp, Made = Resp> = Deciding<Req, Resp, Made> & {
  /** What the verdict answers where nobody decided. */
  readonly otherwise: Resp;
  /** Whether a plugin that fails is passed over, or answers with `refuse`. A plugin's own settings may say otherwise. */
  readonly onFailure: 'open' | 'closed';
  /** What stands for the answer of a plugin that failed, where the hook is closed for it. */
  refuse(failure: Refused): Made;
  /** For the whole chain, in milliseconds. Default: the manager's timeout. */
  readonly timeoutMs?: number;
};

/** A hook that only tells: nobody waits, the verdict is there at once, and what they answer is not read. */
export interface Observing {
  readonly combine: 'observe';
  /** For each plugin, in milliseconds. Default: the plugin's. */
  readonly timeoutMs?: number;
}

/** A hook of any type, as it is run. */
export type AnyCombining = Combining<unknown, Answer> | Observing;

declare const verdict: unique symbol;

/** A hook that `manager.run` asks of every plugin that answers it; `Said` is what its verdict says. */
export interface RunnableHook<Req, Resp, Said = Resp> extends Hook<Req, Resp> {
  readonly [verdict]?: Said;
  readonly combining: AnyCombining;
}

/** The hooks of a map that can be run. */
export type Runnable<H> = {
  [K in keyof H]: H[K] extends RunnableHook<never, unknown, unknown> ? K : never;
}[keyof H];

/** What the verdict of a hook says. */
export type SaidOf<T> = T extends RunnableHook<never, unknown, infer Said> ? Said : never;
