import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { isPluginError, Simple, type PluginError } from 'plugboard';
import { inProcess, subprocess, worker } from 'plugboard/transports';
import { loud } from '../manager/plugins.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { expectNoChildren, isAlive } from '../support/processes.ts';

const echo = fileURLToPath(new URL('../manager/programs/echo.mjs', import.meta.url));
const simple = Simple<string, string>();

/** The error of a build that must fail. */
async function errorOf(building: Promise<unknown>): Promise<PluginError> {
  const thrown: unknown = await building.catch((error: unknown) => error);
  if (isPluginError(thrown)) return thrown;
  throw new Error('the build did not fail with a PluginError', { cause: thrown });
}

/** As a caller whose names are not known to the compiler. */
const unknownName = (name: string): string => name;

afterEach(expectNoChildren);

describe('a build that cannot be', () => {
  it('says every problem at once, in the order of the plugins', async () => {
    const error = await errorOf(
      simple
        .withPlugin('missing', subprocess('./no-such-program'))
        .withPlugin('fine', inProcess(loud))
        .withPlugin(unknownName('fine'), inProcess(loud))
        .withPlugin('../etc', inProcess(loud))
        .withPlugin('slow', inProcess(loud), { timeoutMs: -1 })
        .withPlugin('nosy', inProcess(loud), { services: ['secrets'] as never[] })
        .build(),
    );
    expect(error.code).toBe('REGISTRY_1901');
    const lines = error.message.split('\n');
    expect(lines).toEqual([
      '[REGISTRY_1901] the manager was not built because of 5 problems; nothing is left running:',
      expect.stringMatching(
        /^ {2}- \[REGISTRY_1908\] plugin 'missing': '.*no-such-program' could not be started: there is no such file\./,
      ),
      "  - [PLUGIN_1010] plugin 'fine': a plugin of this name is already registered. Unregister it first, or choose another name.",
      expect.stringMatching(/^ {2}- \[PLUGIN_1001\] '\.\.\/etc' cannot be a plugin's name\./),
      expect.stringMatching(
        /^ {2}- \[CONFIG_1703\] plugin 'slow': its settings are wrong: timeoutMs: .*, found -1\./,
      ),
      "  - [RPC_2007] plugin 'nosy': the host offers no service 'secrets', but: none. Declare it with withServices.",
    ]);
  });

  it('has each problem as an error of its own in its cause', async () => {
    const error = await errorOf(
      simple.withPlugin('..', inProcess(loud)).withPlugin('', inProcess(loud)).build(),
    );
    const { cause } = error;
    expect(cause).toBeInstanceOf(AggregateError);
    const codes = (cause as AggregateError).errors.map((one) => isPluginError(one) && one.code);
    expect(codes).toEqual(['PLUGIN_1001', 'PLUGIN_1001']);
  });

  it('speaks of a single problem as one', async () => {
    const error = await errorOf(simple.withPlugin('..', inProcess(loud)).build());
    expect(error.message).toMatch(
      /^\[REGISTRY_1901\] the manager was not built because of a problem; nothing/,
    );
  });

  it('leaves nothing running of what had started', async () => {
    const log = new MemoryLogger();
    const error = await errorOf(
      simple
        .withLogger(log)
        .withPlugin('first', subprocess(process.execPath, { args: [echo] }))
        .withPlugin('thread', worker(echo))
        .withPlugin('missing', subprocess('./no-such-program'))
        .withPlugin('last', subprocess(process.execPath, { args: [echo] }))
        .build(),
    );
    expect(error.message).toContain('because of a problem');
    const ready = log.records.filter(({ message }) => message === 'plugin is ready');
    expect(new Set(ready.map(({ fields }) => fields['plugin']))).toEqual(
      new Set(['first', 'last', 'thread']),
    );
    const pids = ready.flatMap(({ fields }) => (typeof fields['pid'] === 'number' ? [fields['pid']] : []));
    expect(pids).toHaveLength(2);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('does not promise in the log to start again what it gives up', async () => {
    const log = new MemoryLogger();
    await errorOf(simple.withLogger(log).withPlugin('missing', subprocess('./no-such-program')).build());
    expect(log.records.map(({ message }) => message)).not.toContain(
      'plugin ended unexpectedly and is started again',
    );
  });

  it('waits for no lazy plugin: what cannot start fails its first call', async () => {
    const manager = await simple
      .withPlugin('missing', subprocess('./no-such-program'), { start: 'lazy' })
      .build();
    await expect(manager.execute('missing', 'hello')).rejects.toMatchObject({ code: 'REGISTRY_1908' });
    await manager.shutdown();
  });
});
