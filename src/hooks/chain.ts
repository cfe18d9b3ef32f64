import type { Clock } from '../core/clock.ts';
import type { PluginError } from '../core/errors.ts';
import type { ExecutionContext } from '../core/execution-context.ts';
import type { FailureRule } from '../core/failure-rule.ts';
import type { Answer, Combining, HookFailure } from './combining.ts';
import type { Scope } from './scope.ts';

/** One plugin that answers a hook. */
export interface Member {
  readonly plugin: string;
  /** What its failure means for this hook; undefined leaves it to the hook. */
  readonly rule: FailureRule | undefined;
  /** How long it may take of the chain's time, in milliseconds. */
  readonly timeoutMs: number;
  /** Asks it; one of the functions is called once, at once or later. */
  ask(
    request: unknown,
    options: ExecutionContext | undefined,
    answered: (answer: unknown) => void,
    failed: (error: PluginError) => void,
  ): void;
  /** Whether an error only says that the hook is none of its business. */
  isNoAnswer(error: PluginError): boolean;
}

/** A hook with those who answer it, the first one first. */
export interface Chain<How = Combining<unknown, Answer>> {
  readonly hook: string;
  readonly combining: How;
  readonly members: readonly Member[];
  /** For all of them together, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** What a caller may say about one run of a hook. */
export interface RunOptions extends Omit<ExecutionContext, 'maxRetries' | 'metadata' | 'onProgress'> {
  /** Where facts and notes live; without it there are none. */
  readonly within?: Scope;
}

/** What one plugin's call is told: its part of the time, and what the scope knows. */
export function optionsFor(
  { plugin }: Member,
  timeoutMs: number,
  options: RunOptions | undefined,
): ExecutionContext {
  if (options === undefined) return { timeoutMs };
  const { within, ...rest } = options;
  return { ...rest, timeoutMs, ...(within && { metadata: within.metadataFor(plugin) }) };
}

/** The failure of one member, and the answer that stands for it if the hook is closed for it. */
export interface Consequence {
  readonly failure: HookFailure;
  readonly answer: Answer | undefined;
}

/** What a failure means: by the plugin's own rule, else by the hook's. */
export function consequenceOf(
  member: Member,
  combining: Combining<unknown, Answer>,
  error: PluginError,
): Consequence {
  const { plugin } = member;
  const rule = member.rule ?? combining.onFailure;
  if (rule === 'open') return { failure: { plugin, error, rule: 'open' }, answer: undefined };
  const code = rule === 'closed' ? undefined : rule.closed;
  return { failure: { plugin, error, rule: 'closed' }, answer: combining.refuse({ plugin, error, code }) };
}
