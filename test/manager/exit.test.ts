import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isAlive } from '../support/processes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const host = fileURLToPath(new URL('programs/host.mjs', import.meta.url));

/** A host that has not ended by then is held up by something. */
const patienceMs = 10_000;

/** Runs a host to its end, which must come by itself; says which children it had. */
async function runHost(transport: string, deed: string): Promise<number[]> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [host, transport, deed], {
    cwd: root,
    timeout: patienceMs,
    killSignal: 'SIGKILL',
  });
  expect(stderr).toBe('');
  const [, heldUpMs] = /^ended (\d+) ms after it was done$/m.exec(stdout) ?? [];
  expect(Number(heldUpMs)).toBeLessThan(1000);
  return [...stdout.matchAll(/^child (\d+)$/gm)].map(([, pid]) => Number(pid));
}

const transports = ['in-process', 'worker', 'fd', 'stdio', 'lines'];
const separate = ['worker', 'fd', 'stdio', 'lines'];
const children = ['fd', 'stdio', 'lines'];

describe.each(transports)('after shutdown nothing holds up a host with a plugin over %s', (transport) => {
  it.each(['call', 'unused and lazy', 'a call that never ends', 'a deadline that was missed', 'unregister'])(
    'that did: %s',
    async (deed) => {
      const pids = await runHost(transport, deed);
      expect(pids).toHaveLength(children.includes(transport) && deed !== 'unused and lazy' ? 1 : 0);
      expect(pids.filter(isAlive)).toEqual([]);
    },
  );
});

it.each(separate)('a restart that is due later holds up no host, over %s', async (transport) => {
  expect((await runHost(transport, 'a crash before the restart')).filter(isAlive)).toEqual([]);
});
