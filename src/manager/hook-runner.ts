import type { Schema } from '../core/contract.ts';
import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { optionsFor, type RunOptions } from '../hooks/chain.ts';
import type { RunnableHook } from '../hooks/combining.ts';
import { Observers } from '../hooks/observers.ts';
import { runChain } from '../hooks/run.ts';
import { Scope } from '../hooks/scope.ts';
import type { Verdict } from '../hooks/verdict.ts';
import { problemOf } from '../resilience/option-check.ts';
import { checked } from '../resilience/schema-check.ts';
import type { Entry } from './entry.ts';
import { isDeciding, membersOf, type AnyChain } from './chains.ts';
import { isShutDown } from './refusals.ts';
import type { Registry } from './registry.ts';
import type { Shared } from './shared.ts';

/** What a run gives: at once where every plugin answers at once. */
export type Outcome = Verdict | Promise<Verdict>;

/** Runs hooks: asks every plugin that answers one, and combines what they say. */
export class HookRunner {
  readonly #registry: Registry;
  readonly #shared: Shared;
  readonly #timeoutMs: number;
  readonly #observers: Observers;
  readonly #chains = new Map<string, AnyChain>();
  /** Most runs are of one hook again and again. */
  #last: AnyChain | undefined = undefined;
  readonly #dropped = new WeakMap<Entry, number>();

  constructor(registry: Registry, shared: Shared, timeoutMs: number) {
    this.#registry = registry;
    this.#shared = shared;
    this.#timeoutMs = timeoutMs;
    const { events } = shared;
    this.#observers = new Observers({
      failed: ({ hook, member: { plugin } }, error) =>
        events.emit('hookFailed', { plugin, hook, error, rule: 'open' }),
      dropped: ({ plugin }) => this.#drop(plugin),
    });
    // Who answers a hook may be others from now on.
    const forget = (): void => {
      this.#chains.clear();
      this.#last = undefined;
    };
    events.on('state', forget);
    events.on('config', forget);
    registry.onChange(forget);
  }

  /**
   * Asks all who answer a hook.
   * @throws {PluginError} `PLUGIN_1209` for a request that breaks the contract, `PLUGIN_1211` for a hook that cannot be
   * run, `PLUGIN_1206` when the caller gave up, `PLUGIN_1208` after a shutdown.
   */
  run(hook: string, request: unknown, options: RunOptions | undefined): Outcome {
    if (this.#registry.isClosed) throw isShutDown();
    const last = this.#last;
    const chain = last !== undefined && last.hook === hook ? last : this.#find(hook);
    const problem = options && (problemOf(options) ?? scopeProblem(options));
    if (problem !== undefined) throw badOptions(hook, problem);
    const schema = this.#shared.contract[hook]?.request;
    if (schema === undefined) return this.#ask(chain, request, options);
    return this.#checkAndAsk(chain, schema, request, options);
  }

  /** Apart from `run`, which would make room for these closures at every run. */
  #checkAndAsk(chain: AnyChain, schema: Schema, request: unknown, options: RunOptions | undefined): Outcome {
    const ask = (sound: unknown): Outcome => this.#ask(chain, sound, options);
    return afterCheck(schema, request, ask, (why) => badRequest(chain.hook, why));
  }

  /** Tells what observers have not been told yet. */
  flush(): void {
    this.#observers.flush();
  }

  /** The same for one plugin. */
  flushTo(plugin: string): void {
    this.#observers.flushTo(plugin);
  }

  #ask(chain: AnyChain, request: unknown, options: RunOptions | undefined): Outcome {
    if (!isDeciding(chain)) return this.#tell(chain, request, options);
    const outcome = runChain(chain, request, options);
    if (outcome instanceof Promise) return this.#reportLater(chain.hook, outcome);
    return outcome.failures.length === 0 ? outcome : this.#report(chain.hook, outcome);
  }

  #reportLater(hook: string, outcome: Promise<Verdict>): Promise<Verdict> {
    return outcome.then((verdict) => this.#report(hook, verdict));
  }

  #tell({ hook, members, timeoutMs }: AnyChain, request: unknown, options: RunOptions | undefined): Verdict {
    const { signal: _, ...telling } = options ?? {}; // what happened is told even if who saw it has left
    for (const member of members) {
      const limit = Math.min(telling.timeoutMs || timeoutMs, member.timeoutMs);
      this.#observers.tell({ hook, member, request, options: optionsFor(member, limit, telling) });
    }
    return { answer: undefined, by: undefined, request, modifications: [], score: 0, failures: [] };
  }

  #report(hook: string, verdict: Verdict): Verdict {
    const { events } = this.#shared;
    for (const failure of verdict.failures) events.emit('hookFailed', { hook, ...failure });
    return verdict;
  }

  #drop(plugin: string): void {
    const entry = this.#registry.find(plugin);
    if (entry === undefined) return; // it has gone, and what it was not told with it
    const total = (this.#dropped.get(entry) ?? 0) + 1;
    this.#dropped.set(entry, total);
    entry.recorder?.dropped();
    this.#shared.events.emit('dropped', { plugin, total });
  }

  #find(hook: string): AnyChain {
    const chain = this.#chains.get(hook) ?? this.#build(hook);
    this.#chains.set(hook, chain);
    this.#last = chain;
    return chain;
  }

  #build(hook: string): AnyChain {
    const { contract, clock } = this.#shared;
    const question = Object.hasOwn(contract, hook) ? contract[hook] : undefined;
    if (question === undefined || !isRunnable(question)) throw notRunnable(hook, Object.keys(contract));
    const { combining } = question;
    const timeoutMs = combining.timeoutMs ?? this.#timeoutMs;
    return { hook, combining, members: membersOf(hook, question, this.#registry), timeoutMs, clock };
  }
}

function isRunnable(question: object): question is RunnableHook<never, unknown, unknown> {
  return 'combining' in question;
}

/** Goes on with what the schema makes of a request, at once if it can. */
function afterCheck(
  schema: Schema,
  request: unknown,
  goOn: (request: unknown) => Outcome,
  refusal: (why: string) => PluginError,
): Outcome {
  let outcome: (() => Outcome) | undefined;
  let wake: ((next: () => Outcome) => void) | undefined;
  const settle = (next: () => Outcome): void => {
    outcome = next;
    wake?.(next);
  };
  const refuse = (why: string): void =>
    settle(() => {
      throw refusal(why);
    });
  checked(schema, request, (sound) => settle(() => goOn(sound)), refuse);
  if (outcome !== undefined) return outcome();
  return later(new Promise<() => Outcome>((resolve) => (wake = resolve)));
}

async function later(decided: Promise<() => Outcome>): Promise<Verdict> {
  const next = await decided;
  return next();
}

function badRequest(hook: string, why: string): PluginError {
  return new PluginError('PLUGIN_1209', { hook, message: `the request breaks the contract: ${why}` });
}

/** What is wrong with the scope of a run, in words. */
function scopeProblem({ within }: RunOptions): string | undefined {
  return within === undefined || within instanceof Scope ? undefined : 'within must be made with openScope.';
}

function badOptions(hook: string, problem: string): PluginError {
  return new PluginError('CONFIG_1703', { hook, message: `the options of the run are wrong: ${problem}` });
}

function notRunnable(hook: string, hooks: readonly string[]): PluginError {
  const message =
    `'${printable(hook, 80)}' is no hook that can be run. Define it with \`combine\` and the rest; ` +
    `the contract has: ${printable(hooks.join(', '), 500)}.`;
  return new PluginError('PLUGIN_1211', { message });
}
