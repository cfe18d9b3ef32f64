import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { reattachGoPlugin, type GoReattach } from 'plugboard/go-plugin';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { hostProgram } from '../../support/host-program.ts';
import { isAlive } from '../../support/processes.ts';
import { startError } from '../../support/start-error.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { buildGo, goProgram, handshake, hasGo, keep, services } from './go-plugins.ts';

beforeAll(() => buildGo('1.8.0'), goBuildTimeoutMs);

interface ByHand extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly config: GoReattach;
}

/** A plugin that no host of ours started. */
async function byHand(env: Readonly<Record<string, string>> = {}): Promise<ByHand> {
  const { magicCookieKey, magicCookieValue } = handshake;
  const folder = await tempFolder(); // a socket is left behind in it where the plugin is killed
  const child = spawn(goProgram('plugin'), {
    env: { PLUGIN_PROTOCOL_VERSIONS: '1', TMPDIR: folder.path, [magicCookieKey]: magicCookieValue, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => void child.once('exit', resolve));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const [, version, , path] = line.split('|');
  const config: GoReattach = {
    Protocol: 'grpc',
    ProtocolVersion: Number(version),
    Pid: child.pid ?? 0,
    Addr: { Network: 'unix', String: path ?? '' },
  };
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await folder[Symbol.asyncDispose]();
  };
  return { process: child, config, [Symbol.asyncDispose]: end };
}

describe('a plugin that runs already', () => {
  needsTool('go', hasGo);

  it('answers, and is ended with its manager', async () => {
    await using plugin = await byHand();
    const host = await keep(reattachGoPlugin(plugin.config, { services }));
    expect(await host.ask('get', 'pid')).toBe(String(plugin.config.Pid));
    expect(host.manager.getPlugin('kv')?.pid).toBe(plugin.config.Pid);
    await host.manager.shutdown();
    expect(isAlive(plugin.config.Pid)).toBe(false);
  });

  it('of a test is let go of, and answers the next', async () => {
    await using plugin = await byHand();
    const source = () => reattachGoPlugin({ ...plugin.config, Test: true }, { services });
    for (const value of ['one', 'two']) {
      const host = await keep(source());
      await host.ask('put', { key: 'a', value });
      expect(await host.ask('get', 'a')).toBe(value);
      await host.manager.shutdown();
      expect(isAlive(plugin.config.Pid)).toBe(true);
    }
  });

  it('and ends is noticed', async () => {
    await using plugin = await byHand();
    await using host = await keep(reattachGoPlugin(plugin.config, { services }), {
      restart: { maxRestarts: 0 },
    });
    const running = host.ask('sleep', 60_000);
    await host.ask('get', 'pid');
    const failed = host.next('kv', 'failed');
    plugin.process.kill('SIGKILL');
    await expect(running).rejects.toMatchObject({ code: 'PLUGIN_1205' });
    await failed;
  });

  it.runIf(process.getuid?.() === 0)('is let go of where it is another user’s', async () => {
    await using plugin = await byHand({ FIXTURE_IGNORES_SHUTDOWN: '1' });
    await using host = hostProgram('attached.mjs', [JSON.stringify(plugin.config)]);
    expect(await host.reported()).toEqual({ how: 'in order' });
    expect(isAlive(plugin.config.Pid)).toBe(true);
  });

  it('is not there: nothing is killed, and no folder for sockets is left', async () => {
    await using folder = await tempFolder();
    vi.stubEnv('TMPDIR', folder.path);
    const config = { Protocol: 'grpc', Pid: process.pid, Addr: { Network: 'unix', String: '/no' } } as const;
    const error = await startError(reattachGoPlugin(config, { services }));
    vi.unstubAllEnvs();
    expect(error).toMatchObject({ code: 'PLUGIN_1205' });
    expect(await readdir(folder.path)).toEqual([]);
  });
});

it('a place that is none is refused', () => {
  const config = { Protocol: 'grpc', Pid: 0, Addr: { Network: 'unix', String: '/x' } } as const;
  expect(() => reattachGoPlugin(config)).toThrow(expect.objectContaining({ code: 'CONFIG_1703' }));
});
