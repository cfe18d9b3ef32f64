import { silentLogger } from '../../src/core/logger.ts';
import { definePlugin } from '../../src/core/plugin.ts';
import type { PluginSource } from '../../src/core/transport.ts';
import type { PluginConfig } from '../../src/config/host-config.ts';
import type { SourceConfig } from '../../src/config/source.ts';
import { Manager } from '../../src/manager/manager.ts';
import { inProcess } from '../../transports/in-process.ts';

/** What a plugin of these tests answers: what it was started with, and what it is set to. */
export interface Echo {
  readonly args: readonly string[];
  readonly config: unknown;
  /** Counts up with every start. */
  readonly start: number;
  /** What the deadline allowed, in whole seconds. */
  readonly timeoutSeconds: number;
}

/**
 * A manager whose configured plugins live in this process, so that reloads are quick. The arguments of a plugin say
 * how it is: `no-start` does not start, `sick` starts and is unhealthy. A config with `refuse` is refused.
 */
export function echoManager(): Manager {
  return new Manager({
    contract: { execute: {} },
    services: { clock: () => 0, store: () => 0 },
    logger: silentLogger,
    logLevel: undefined,
    timeoutMs: 30_000,
    defaults: {},
    fallbacks: {},
    sourceOf: (_plugin: PluginConfig, source: SourceConfig) => echoSource(source),
    makeTracer: () => Promise.reject(new Error('these tests trace nothing')),
  });
}

let starts = 0;

function echoSource(source: SourceConfig): PluginSource {
  const args = source.kind === 'subprocess' ? source.args : [];
  const open: PluginSource['open'] = async (setup) => inProcess(echo(args)).open(setup);
  return { kind: 'echo', target: args.join(' '), open };
}

function echo(args: readonly string[]) {
  const start = ++starts;
  const over = new AbortController();
  let config: unknown;
  const take = (given: unknown): void => {
    if (typeof given === 'object' && given !== null && 'refuse' in given)
      throw new Error('not such a config.');
    config = given;
  };
  return definePlugin({
    name: 'echo',
    version: '1.0.0',
    initialize: ({ config: given }) => {
      if (args.includes('no-start')) throw new Error('it does not start');
      take(given);
    },
    configure: take,
    close: () => over.abort(new Error('it ended while it worked')),
    health: () => (args.includes('sick') ? 'unhealthy' : 'healthy'),
    async execute(_request: unknown, { remainingMs }): Promise<Echo> {
      const answer = { args, config, start, timeoutSeconds: Math.ceil(remainingMs / 1000) };
      await new Promise((resolve) => setImmediate(resolve)); // so that a reload finds calls that run
      over.signal.throwIfAborted(); // as a process that has ended
      return answer;
    },
  });
}

/** Callers that ask all the time, and what they saw. */
export interface Load {
  /** Every call of these that begins now must be answered. */
  expect(names: Iterable<string>): void;
  /** Ends the callers; every call that was lost, and how many were answered. */
  stop(): Promise<{ readonly lost: readonly unknown[]; readonly answers: number }>;
}

/** Asks these plugins without a pause, over several lanes each. Those that must answer from the start are `expected`. */
export function loadOn(manager: Manager, names: readonly string[], expected: readonly string[] = []): Load {
  const lanes = 2;
  const lost: unknown[] = [];
  const over = new AbortController();
  let steady: ReadonlySet<string> = new Set(expected);
  let answers = 0;
  const lane = async (name: string): Promise<void> => {
    while (!over.signal.aborted) {
      const mustAnswer = steady.has(name);
      try {
        await manager.execute(name, {});
        answers++;
      } catch (error) {
        if (mustAnswer) lost.push(error);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
  const ended = Promise.all(names.flatMap((name) => Array.from({ length: lanes }, () => lane(name))));
  return {
    expect: (steadyNames) => void (steady = new Set(steadyNames)),
    async stop() {
      over.abort();
      await ended;
      return { lost, answers };
    },
  };
}
