import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { goPlugin } from 'plugboard/go-plugin';
import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { isAlive, pidOf } from '../../support/processes.ts';
import { startError } from '../../support/start-error.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { buildGo, fixture, goProgram, handshake, hasGo, keep, services } from './go-plugins.ts';

beforeAll(() => buildGo('1.8.0', '1.4.8'), goBuildTimeoutMs);

describe.each(['1.8.0', '1.4.8'] as const)('a plugin in Go with go-plugin %s', (version) => {
  needsTool('go', hasGo);
  const command = (): string => goProgram('plugin', version);

  it.each([false, 'P-256', 'P-521'] as const)(
    'answers on a unix socket, with TLS by %s',
    async (autoMtls) => {
      await using host = await keep(goPlugin(command(), { handshake, services, autoMtls }));
      await host.ask('put', { key: 'a', value: 'b' });
      expect(await host.ask('get', 'a')).toBe('b');
      expect(await host.manager.health()).toMatchObject({ plugins: { kv: { status: 'healthy' } } });
      expect(host.manager.getPlugin('kv')).toMatchObject({
        info: { name: 'plugin', version: '1.0.0', metadata: { network: 'unix', tls: autoMtls !== false } },
        hooks: Object.keys(services),
      });
    },
  );

  it.each([false, 'P-521'] as const)('answers on TCP, with TLS by %s', async (autoMtls) => {
    const env = { FIXTURE_NETWORK: 'tcp' };
    await using host = await keep(goPlugin(command(), { handshake, services, autoMtls, env }));
    expect(Number(await host.ask('get', 'pid'))).toBe(pidOf(host.manager.getPlugin('kv')));
    expect(host.manager.getPlugin('kv')?.info?.metadata).toMatchObject({ network: 'tcp' });
  });

  it('ends when it is told to, and leaves no socket behind', async () => {
    const host = await keep(goPlugin(command(), { handshake, services }));
    const pid = pidOf(host.manager.getPlugin('kv'));
    const { fields } = await host.logger.until(({ message }) => message === 'plugin address');
    expect(existsSync(String(fields['address']))).toBe(true);
    await host.manager.shutdown();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(String(fields['address']))).toBe(false);
    expect(host.logger.records.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});

describe('the version of the application', () => {
  needsTool('go', hasGo);

  it('is the highest that both ends know, and may choose the methods', async () => {
    const asked: number[] = [];
    const source = fixture(
      { FIXTURE_VERSIONS: '1,2,4' },
      { protocolVersions: [3, 2, 1], services: (version) => (asked.push(version), services) },
    );
    await using host = await keep(source);
    expect(await host.ask('get', 'version')).toBe('2');
    expect(asked).toEqual([2]);
    expect(host.manager.getPlugin('kv')?.info?.version).toBe('2.0.0');
  });

  it('is refused with those of both ends if they have none in common', async () => {
    const error = await startError(fixture({ FIXTURE_VERSIONS: '4,5' }, { protocolVersions: [1, 2] }));
    expect(error).toMatchObject({ code: 'RPC_2002', plugin: 'subject' });
    expect(error.message).toContain('the plugin speaks protocol version 4, the host [1, 2]');
  });
});

describe('a private folder', () => {
  needsTool('go', hasGo);

  it('holds the sockets of a plugin, also where TMPDIR is too long for them', async () => {
    await using folder = await tempFolder();
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = `${folder.path}/${'long'.repeat(30)}`;
    try {
      await using host = await keep(fixture());
      const { fields } = await host.logger.until(({ message }) => message === 'plugin address');
      expect(fields['address']).toMatch(/^\/tmp\/pb-/);
      expect(statSync(dirname(String(fields['address']))).mode & 0o777).toBe(0o700);
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  });

  it('is gone with a plugin that was killed', async () => {
    await using host = await keep(fixture(), { restart: { maxRestarts: 0 } });
    const { fields } = await host.logger.until(({ message }) => message === 'plugin address');
    const failed = host.next('kv', 'failed');
    process.kill(pidOf(host.manager.getPlugin('kv')), 'SIGKILL');
    await failed;
    expect(existsSync(dirname(String(fields['address'])))).toBe(false);
  });
});
