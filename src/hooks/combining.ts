import type { Hook } from '../core/contract.ts';
import type { PluginError } from '../core/errors.ts';
import type { Answer, Deciding, Observe } from './combine.ts';

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

/** How the answers of several plugins to one hook become a verdict, and what a failure means. */
export interface Combining<Req, Resp> {
  readonly combine: Deciding<Req, Resp>;
  /** What the verdict answers where nobody decided. */
  readonly otherwise: Resp;
  /** Whether a plugin that fails is passed over, or answers with `refuse`. A plugin's own settings may say otherwise. */
  readonly onFailure: 'open' | 'closed';
  /** What stands for the answer of a plugin that failed, where the hook is closed for it. */
  refuse(failure: Refused): Resp;
  /** For the whole chain, in milliseconds. Default: the manager's timeout. */
  readonly timeoutMs?: number;
}

/** A hook that only tells. */
export interface Observing {
  readonly combine: Observe;
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
