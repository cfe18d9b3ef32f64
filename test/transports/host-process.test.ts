import { describe, expect, it } from 'vitest';
import { hostProgram } from '../support/host-program.ts';
import { isAlive, until } from '../support/processes.ts';

type Outcome = Readonly<{ answer?: unknown; code?: string; message?: string; retryable?: boolean }>;

interface Leftovers {
  readonly before: unknown;
  readonly after: unknown;
  readonly pids: readonly number[];
}

describe('after its shutdown', () => {
  it.each(['inProcess', 'worker', 'fd', 'stdio', 'lines'])(
    '%s leaves nothing in the host, which ends by itself',
    async (transport) => {
      await using host = hostProgram('leaves-nothing.mjs', [transport]);
      const { before, after, pids } = await host.reported<Leftovers>();
      expect(after).toEqual(before);
      expect(pids).toHaveLength(['inProcess', 'worker'].includes(transport) ? 0 : 4);
      expect(pids.filter(isAlive)).toEqual([]);
      expect(await host.ended).toEqual({ exitCode: 0, signal: null });
    },
  );
});

describe('a host that goes', () => {
  const everybody = ['fd', 'grandchild', 'grandparent', 'lines', 'stdio'];

  it('by SIGKILL takes all its plugins along, and their grandchildren', async () => {
    await using host = hostProgram('dies.mjs');
    const pids = await host.reported<Readonly<Record<string, number>>>();
    expect(Object.keys(pids).toSorted()).toEqual(everybody);
    expect(Object.values(pids).every(isAlive)).toBe(true);
    host.process.kill('SIGKILL');
    await ended(pids);
  });

  it('by process.exit() takes all its plugins along, and their grandchildren', async () => {
    await using host = hostProgram('dies.mjs');
    const pids = await host.reported<Readonly<Record<string, number>>>();
    host.process.stdin?.write('exit\n');
    expect(await host.ended).toEqual({ exitCode: 5, signal: null });
    await ended(pids);
  });

  /** Waits until all are gone; says who is not, should the test's time run out. */
  async function ended(pids: Readonly<Record<string, number>>): Promise<void> {
    const left = (): string[] => Object.keys(pids).filter((name) => isAlive(pids[name] ?? 0));
    const givenUp = performance.now() + 10_000;
    await until(() => left().length === 0 || performance.now() > givenUp);
    const stubborn = left();
    for (const name of stubborn) process.kill(pids[name] ?? 0, 'SIGKILL');
    expect(stubborn).toEqual([]);
  }
});

it.skipIf(process.platform === 'win32')(
  'a host without descriptors says so, goes on, and recovers',
  async () => {
    await using host = hostProgram(
      'without-descriptors.mjs',
      [],
      ['sh', '-c', 'ulimit -n 256; exec "$@"', 'sh'],
    );
    const { failed, beside, second, answer } = await host.reported<Readonly<Record<string, Outcome>>>();
    expect(failed).toMatchObject({
      code: 'REGISTRY_1908',
      retryable: true,
      message: expect.stringContaining('ulimit -n') as string,
    });
    expect(beside).toEqual({ answer: 'still here' });
    expect(second).toEqual({ answer: 'started' });
    expect(answer).toEqual({ answer: 'hello' });
    expect(await host.ended).toEqual({ exitCode: 0, signal: null });
  },
);
