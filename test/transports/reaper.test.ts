import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Simple } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { afterEach, describe, expect, it } from 'vitest';
import { reaperScript, startMark } from '../../transports/subprocess/reaper-script.ts';
import { hostProgram } from '../support/host-program.ts';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { expectNoChildren, isAlive, ownChildren, ownPlugins, until } from '../support/processes.ts';
import { fixture } from './subjects.ts';

afterEach(expectNoChildren);

const allRound = () => subprocess(process.execPath, { args: [fixture('serve-all-round.mjs')] });

/** The shells that wait for the end of this process. */
const reapers = (): number[] => ownChildren().filter((pid) => !ownPlugins().includes(pid));

describe.skipIf(process.platform === 'win32')('the shell that outlives its host', () => {
  /** A process in a group of its own; it tells what it hears. */
  function group(program: string, mark?: string): ChildProcess & { readonly pid: number } {
    const env = { PATH: process.env['PATH'], ...(mark !== undefined && { [startMark]: mark }) };
    const child = spawn('sh', ['-c', program], { detached: true, env, stdio: ['ignore', 'pipe', 'ignore'] });
    return Object.assign(child, { pid: child.pid ?? 0 });
  }

  async function told(lines: string, path = process.env['PATH']): Promise<void> {
    const env = { ...process.env, PATH: path };
    const shell = spawn('sh', ['-c', reaperScript], { env, stdio: ['pipe', 'ignore', 'ignore'] });
    shell.stdin.end(lines);
    await once(shell, 'exit');
  }

  it('ends the groups it was told of, but for those that had ended before', async () => {
    const [ended, listed, unknown] = [group('sleep 60'), group('sleep 60'), group('sleep 60')];
    await told(`+${ended.pid}\n+${listed.pid}\n-${ended.pid}\nnonsense\n-1\n`);
    expect([ended, listed, unknown].map(({ pid }) => isAlive(pid))).toEqual([true, false, true]);
    for (const { pid } of [ended, unknown]) process.kill(-pid, 'SIGKILL');
    await until(() => !isAlive(ended.pid) && !isAlive(unknown.pid));
  });

  it.runIf(process.platform === 'linux')(
    'finds what was about to start by its mark, and leaves alone what came to be known and has ended since',
    async () => {
      const marks = ['lost', 'known', 'elsewhere'].map((word) => `${word}-${process.pid}`);
      const [lost, known, elsewhere] = marks.map((mark) => group('sleep 60 & sleep 60', mark));
      const pids = [lost, known, elsewhere].map((child) => child?.pid ?? 0);
      await told(`?${marks[0]}\n?${marks[1]}\n+${pids[1]}\n!${marks[1]}\n-${pids[1]}\n`);
      expect(pids.map(isAlive)).toEqual([false, true, true]);
      for (const pid of pids.slice(1)) process.kill(-pid, 'SIGKILL');
      await until(() => !pids.some(isAlive));
    },
  );

  it('lets a program clean up, and ends one that does not', async () => {
    const cleansUp = group(`trap 'echo cleaned up; exit 0' TERM; echo ready; while :; do sleep 0.01; done`);
    const ignores = group(`trap '' TERM; echo ready; while :; do sleep 0.01; done`);
    let said = '';
    for (const { stdout } of [cleansUp, ignores])
      stdout?.on('data', (text: Buffer) => (said += text.toString()));
    await until(() => said === 'ready\nready\n');
    await told(`+${cleansUp.pid}\n+${ignores.pid}\n`);
    await until(() => cleansUp.exitCode !== null && ignores.signalCode !== null);
    expect(said).toBe('ready\nready\ncleaned up\n');
    expect([cleansUp.exitCode, ignores.signalCode]).toEqual([0, 'SIGKILL']);
  });

  it.runIf(process.platform === 'linux')(
    'waits for one that does not by the clock, not in rounds: where much runs each of them takes long',
    async () => {
      await using folder = await tempFolder();
      const path = process.env['PATH'] ?? '';
      const slow = `#!/bin/sh\necho round >> "$0.rounds"\nPATH='${path}'\nexec sleep 1\n`;
      const sleep = await folder.write('sleep', slow, 0o755);
      const ignores = group(`trap '' TERM; echo ready; while :; do sleep 0.01; done`);
      if (ignores.stdout !== null) await once(ignores.stdout, 'data');
      await told(`+${ignores.pid}\n`, `${folder.path}:${path}`);
      expect(isAlive(ignores.pid)).toBe(false);
      const rounds = readFileSync(`${sleep}.rounds`, 'utf8').trim().split('\n').length;
      expect(rounds).toBeGreaterThan(1);
      expect(rounds).toBeLessThan(5);
    },
  );
});

describe.runIf(process.platform === 'linux')('a host', () => {
  it('has one for all its plugins, and none without plugins', async () => {
    const lazy = { start: 'lazy' } as const;
    const builder = Simple<object, unknown>()
      .withPlugin('one', allRound(), lazy)
      .withPlugin('two', allRound(), lazy);
    await using host = await managed(builder.build());
    const start = (name: 'one' | 'two') => host.manager.execute(name, { do: 'echo', value: name });
    expect(reapers()).toEqual([]);
    await start('one');
    const [first] = reapers();
    const shown = readFileSync(`/proc/${first}/cmdline`, 'utf8').replaceAll('\0', ' ');
    expect(shown).toMatch(/^sh -c # plugboard-reaper/); // as in ps
    await start('two');
    expect(reapers()).toEqual([first]);
    await host.manager.unregister('one');
    expect(reapers()).toEqual([first]);
    await host.manager.unregister('two');
    expect([first, reapers()]).toEqual([expect.any(Number), []]);
  });

  it('whose shell was killed says so and gets another with its next plugin', async () => {
    const log = new MemoryLogger();
    await using host = await managed(Simple<string, unknown>().withLogger(log).build());
    await host.manager.register('one', allRound());
    const [first = 0] = reapers();
    process.kill(first, 'SIGKILL');
    await until(() => log.records.some(({ message }) => message.includes('SIGKILL')));
    await host.manager.register('two', allRound());
    expect(reapers()).toEqual([expect.any(Number)]);
  });
});

it('a host without a shell warns once, and goes on', async () => {
  await using host = hostProgram('without-shell.mjs', [], ['env', 'PATH=/nowhere']);
  const { answers, warnings } = await host.reported<Readonly<Record<string, readonly string[]>>>();
  expect(answers).toEqual(['one', 'two', 'three']);
  expect(warnings).toEqual([expect.stringMatching(/no shell waits .* ENOENT/)]);
  expect(await host.ended).toEqual({ exitCode: 0, signal: null });
});
