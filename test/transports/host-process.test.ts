import { describe, expect, it } from 'vitest';
import { hostProgram } from '../support/host-program.ts';
import { isAlive } from '../support/processes.ts';

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
      expect(after).toMatchObject({ children: '' });
      expect(pids).toHaveLength(['inProcess', 'worker'].includes(transport) ? 0 : 4);
      expect(pids.filter(isAlive)).toEqual([]);
      expect(await host.ended).toEqual({ exitCode: 0, signal: null });
    },
  );
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
