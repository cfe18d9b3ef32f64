import type { Chain, RunOptions } from './chain.ts';
import { ParallelRun } from './parallel-run.ts';
import type { Scope } from './scope.ts';
import { SerialRun } from './serial-run.ts';
import type { Verdict } from './verdict.ts';

/** Kinds of hooks that establish something; others may read it in the same scope. */
const establishing: readonly string[] = ['first-provider', 'accumulate-score'];

/**
 * Asks everybody in a chain, by its rule. The verdict is there at once where all answered at once.
 * @throws {PluginError} `PLUGIN_1206` when the caller gave up; nothing a plugin does makes it throw.
 */
export function runChain(
  chain: Chain,
  request: unknown,
  options: RunOptions | undefined,
): Verdict | Promise<Verdict> {
  const { combine } = chain.combining;
  const run =
    combine === 'accumulate-score'
      ? new ParallelRun(chain, request, options)
      : new SerialRun(chain, request, options);
  const verdict = run.run();
  const scope = options?.within;
  if (scope === undefined || !establishing.includes(combine)) return verdict;
  return learned(scope, chain.hook, verdict);
}

function learned(
  scope: Scope,
  hook: string,
  verdict: Verdict | Promise<Verdict>,
): Verdict | Promise<Verdict> {
  const learn = (said: Verdict): Verdict => {
    scope.learn(hook, said.answer);
    return said;
  };
  return verdict instanceof Promise ? verdict.then(learn) : learn(verdict);
}
