import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Simple } from 'plugboard';
import { inProcess, subprocess } from 'plugboard/transports';
import { loud } from '../manager/plugins.ts';
import { isAlive, until } from '../support/processes.ts';

const program = fileURLToPath(new URL('../lifecycle/programs/signalled.mjs', import.meta.url));

interface Said {
  readonly ready?: readonly (number | null)[];
  readonly listeners?: number;
  readonly answered?: number;
  readonly failed?: number;
  readonly code?: string;
  readonly heard?: string;
}

/** A real host with managers whose one call each takes so long, in milliseconds or `never`. */
async function host(mode: string, ...callsMs: readonly (number | 'never')[]) {
  const args = [program, mode, String(callsMs.length), ...callsMs.map(String)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Said[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line) as Said));
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  await until(() => said.some(({ ready }) => ready !== undefined) || child.exitCode !== null);
  const { ready = [], listeners } = said.find((one) => one.ready !== undefined) ?? {};
  return {
    child,
    listeners,
    pids: ready.filter((pid) => pid !== null),
    /** How it ended, what it had said by then, and what it had said on stderr. */
    end: async () => {
      const [exitCode, signal] = await ended;
      return { exitCode, signal, stderr, said: said.filter(({ ready: started }) => started === undefined) };
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Plugins end by themselves after their host; the test's own time limit bounds it. */
const noneLeft = (pids: readonly number[]): Promise<void> => until(() => !pids.some(isAlive));

describe('a host withSignals', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'lets its calls end at %s, ends its plugins, and then dies of the signal',
    async (signal) => {
      await using one = await host('on', 300);
      one.child.kill(signal);
      expect(await one.end()).toEqual({ exitCode: null, signal, stderr: '', said: [{ answered: 0 }] });
      expect(one.pids.filter(isAlive)).toEqual([]);
    },
  );

  it('does not wait any longer at the second signal', async () => {
    await using one = await host('on', 'never');
    one.child.kill('SIGTERM');
    // the first one has been heard when its listeners are gone, which only the host can see; so again until it ends
    const again = setInterval(() => one.child.kill('SIGINT'), 50);
    const startedAt = performance.now();
    const { signal } = await one.end();
    clearInterval(again);
    expect(signal).toBe('SIGINT');
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await noneLeft(one.pids);
  });

  it('with several managers waits for the slowest of them', async () => {
    await using one = await host('on', 50, 600, 200);
    one.child.kill('SIGTERM');
    const { signal, said } = await one.end();
    expect(signal).toBe('SIGTERM');
    expect(said.map(({ answered }) => answered)).toEqual([0, 2, 1]);
    expect(one.pids.filter(isAlive)).toEqual([]);
  });

  it('listens once, however many managers it has', async () => {
    await using one = await host('on', 0, 0, 0);
    expect(one.listeners).toBe(2);
  });

  it('leaves the end to the host where that listens itself, and tells it when the plugins are down', async () => {
    await using one = await host('listens itself', 100);
    one.child.kill('SIGTERM');
    const { exitCode, signal, said } = await one.end();
    // its own listener hears the signal, and hears it again when the plugins are down; then it stops its work
    expect([exitCode, signal]).toEqual([0, null]);
    expect(said).toEqual([{ heard: 'SIGTERM' }, { answered: 0 }, { heard: 'SIGTERM' }]);
  });

  it('that is shutting its manager down already loses no call by the signal', async () => {
    await using one = await host('is shutting down', 400);
    one.child.kill('SIGTERM');
    expect(await one.end()).toMatchObject({ signal: 'SIGTERM', said: [{ answered: 0 }] });
    expect(one.pids.filter(isAlive)).toEqual([]);
  });

  it('that has shut its manager down itself listens no more', async () => {
    await using one = await host('shut down first', 'never');
    expect(one.listeners).toBe(0);
    one.child.kill('SIGTERM');
    expect(await one.end()).toMatchObject({ signal: 'SIGTERM', said: [{ failed: 0, code: 'PLUGIN_1206' }] });
  });
});

it('a host without withSignals dies at once, and its plugins end by themselves', async () => {
  await using one = await host('off', 'never');
  expect(one.listeners).toBe(0);
  one.child.kill('SIGTERM');
  expect(await one.end()).toMatchObject({ signal: 'SIGTERM', said: [] });
  await noneLeft(one.pids);
});

describe('withSignals in this process', () => {
  const listeners = (): number => process.listenerCount('SIGTERM') + process.listenerCount('SIGINT');

  it('listens while a manager runs, and no more after its shutdown', async () => {
    const before = listeners();
    const builder = Simple<string, string>().withPlugin('auth', inProcess(loud)).withSignals();
    const managers = await Promise.all([builder.build(), builder.build()]);
    expect(listeners()).toBe(before + 2);
    await managers[0]?.shutdown();
    expect(listeners()).toBe(before + 2);
    await managers[1]?.shutdown();
    expect(listeners()).toBe(before);
    const again = await builder.build();
    expect(listeners()).toBe(before + 2);
    await again.shutdown();
    expect(listeners()).toBe(before);
  });

  it('does not listen when the build fails', async () => {
    const before = listeners();
    const builder = Simple<string, string>().withPlugin('auth', subprocess('/no/such/program')).withSignals();
    await expect(builder.build()).rejects.toMatchObject({ code: 'REGISTRY_1901' });
    expect(listeners()).toBe(before);
  });
});
