import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasTool } from '../languages/tool.ts';
import { hostProgram, type HostProgram } from '../support/host-program.ts';
import { argumentsOf, isAlive, until } from '../support/processes.ts';

const python = hasTool('python3', '--version') ? ['python'] : [];
const reaper = process.platform === 'linux' ? ['reaper 0'] : []; // one for all
const everybody = [
  'deaf-lines',
  'fd',
  'grandchild',
  'grandparent',
  'lines',
  'spins',
  'stdio',
  ...reaper,
].concat(python.map(() => 'deaf-python'));

type Pids = Readonly<Record<string, number>>;

/** The plugins of a host, of every kind and all of them at work: one spins, others heed neither channel nor signal. */
async function allAtWork(host: HostProgram): Promise<Pids> {
  const pids = await host.reported<Pids>();
  expect(Object.keys(pids).toSorted()).toEqual(everybody.toSorted());
  expect(Object.values(pids).every(isAlive)).toBe(true);
  return pids;
}

describe('a host that goes takes all its plugins along, and their grandchildren,', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGABRT'] as const)('by %s', async (signal) => {
    await using host = hostProgram('dies.mjs', python);
    const pids = await allAtWork(host);
    host.process.kill(signal);
    await allEnded(pids);
    expect(await host.ended).toEqual({ exitCode: null, signal });
  });

  it.each([
    ['process.exit()', 'exit', 5],
    ['an error that nobody catches', 'throw', 1],
  ])('by %s', async (_, line, exitCode) => {
    await using host = hostProgram('dies.mjs', python);
    const pids = await allAtWork(host);
    host.process.stdin?.write(`${line}\n`);
    expect(await host.ended).toEqual({ exitCode, signal: null });
    await allEnded(pids);
  });

  /** Waits until all are gone; says who is not, should the test's time run out. */
  async function allEnded(pids: Pids): Promise<void> {
    const left = (): string[] => Object.keys(pids).filter((name) => isAlive(pids[name] ?? 0));
    const givenUp = performance.now() + 10_000;
    await until(() => left().length === 0 || performance.now() > givenUp);
    const stubborn = left();
    for (const name of stubborn) process.kill(pids[name] ?? Number.NaN, 'SIGKILL');
    expect(stubborn).toEqual([]);
  }
});

describe.runIf(process.platform === 'linux')('a host that is killed while it starts a deaf plugin', () => {
  it('takes it along, though nobody was told of its process', async () => {
    const marker = `deaf-${process.pid}-${Date.now()}`;
    await using host = hostProgram('dies-starting.mjs', [marker]);
    expect(await host.ended).toEqual({ exitCode: null, signal: 'SIGKILL' });
    expect(running(marker)).not.toEqual([]);
    const givenUp = performance.now() + 20_000;
    await until(() => running(marker).length === 0 || performance.now() > givenUp);
    const left = running(marker);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    expect(left).toEqual([]);
  });
});

/** The processes with a word among their arguments. */
function running(word: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && argumentsOf(pid).includes(word) && isAlive(pid));
}
