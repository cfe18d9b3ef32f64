import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { connect } from 'node:tls';
import { goMethod, goPlugin, type GoConnection, type GoPluginMethod } from 'plugboard/go-plugin';
import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { buildGo, codecs, goProgram, handshake, hasGo, keep, services } from './go-plugins.ts';

beforeAll(() => buildGo('1.8.0', '1.4.8'), goBuildTimeoutMs);

const { bytes, bytesIn, none, number, numberIn, textIn } = codecs;

/** The plugin asks the store that the host lends it for this call. */
const callHost: GoPluginMethod<string, string> = {
  method: '/fixture.More/CallHost',
  encode: async (answer, call) => {
    const get = goMethod({
      decode: textIn,
      encode: bytes,
      answer: (key) => Buffer.from(`${answer} to ${key}`),
    });
    return number(await call.lend({ 'proto.KV': { Get: get } }));
  },
  decode: (message) => bytesIn(message).toString(),
};

/** What the plugin opened is used after the call. */
const double: GoPluginMethod<null, GoConnection> = {
  method: '/fixture.More/OpenDoubler',
  encode: none,
  decode: (message, call) => call.broker.dial(numberIn(message)),
};

const doubled = { method: '/fixture.Doubler/Double', encode: number, decode: numberIn };

describe.each([
  ['1.8.0', false],
  ['1.8.0', 'P-256'],
  ['1.8.0', 'P-521'],
  ['1.4.8', 'P-256'],
] as const)('a broker with go-plugin %s and TLS by %s', (version, autoMtls) => {
  needsTool('go', hasGo);
  const all = { ...services, callHost, double };
  const source = () => goPlugin(goProgram('plugin', version), { handshake, services: all, autoMtls });

  it('lends the plugin a service of the host for one call', async () => {
    await using host = await keep(source());
    const { fields } = await host.logger.until(({ message }) => message === 'plugin address');
    const calls = ['one', 'two', 'three'].map((word) => host.ask('callHost', word));
    expect(await Promise.all(calls)).toEqual(['one', 'two', 'three'].map((word) => `${word} to from-plugin`));
    if (version === '1.4.8') return; // its own socket is not in the folder
    const sockets = readdirSync(dirname(String(fields['address'])));
    expect(sockets.filter((name) => name.startsWith('host'))).toEqual([]);
  });

  it('connects to what the plugin serves, for as long as it is wanted', async () => {
    const host = await keep(source());
    const doubler = (await host.ask('double')) as GoConnection;
    expect(await doubler.call(doubled, 21)).toBe(42);
    doubler.close();
    const another = (await host.ask('double')) as GoConnection;
    expect(await another.call(doubled, 4)).toBe(8);
    await host.manager.shutdown();
    await expect(another.call(doubled, 1)).rejects.toMatchObject({ code: 'PLUGIN_1205', plugin: 'kv' });
  });
});

/** What a client sees that shows no certificate: a server of HTTP/2 speaks first. */
function withoutCertificate(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ path, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    socket.on('error', ({ message }) => resolve(`refused: ${message}`));
    socket.on('close', () => resolve('closed'));
    socket.on('data', () => resolve('served'));
    socket.setTimeout(5000, () => socket.destroy());
  });
}

describe('a broker', () => {
  needsTool('go', hasGo);

  it('hands on what the host throws, and says when nobody serves an id', async () => {
    const fails = goMethod({
      decode: textIn,
      encode: bytes,
      answer: () => {
        throw Object.assign(new Error('not today'), { code: 5 });
      },
    });
    const refused = {
      ...callHost,
      encode: async (_request: null, call: Parameters<typeof callHost.encode>[1]) =>
        number(await call.lend({ 'proto.KV': { Get: fails } })),
    };
    await using host = await keep(
      goPlugin(goProgram('plugin'), {
        handshake,
        services: { callHost: refused },
      }),
    );
    await expect(host.ask('callHost')).rejects.toMatchObject({
      code: 'PLUGIN_1203',
      message: expect.stringContaining('not today') as string,
    });
  });

  it('serves nobody but the plugin', async () => {
    let seen: unknown;
    const refusing: GoPluginMethod<string, string> = {
      method: '/fixture.More/CallHost',
      encode: async (folder, call) => {
        const message = await callHost.encode('one', call);
        seen = await withoutCertificate(`${folder}/host1`);
        return message;
      },
      decode: (message) => bytesIn(message).toString(),
    };
    await using host = await keep(
      goPlugin(goProgram('plugin'), { handshake, services: { callHost: refusing } }),
    );
    const { fields } = await host.logger.until(({ message }) => message === 'plugin address');
    expect(await host.ask('callHost', dirname(String(fields['address'])))).toBe('one to from-plugin');
    expect(seen).toMatch(/^(closed|refused: )/);
  });

  it('leaves no socket of a plugin that is killed', async () => {
    const source = goPlugin(goProgram('plugin', '1.4.8'), { handshake, services: { ...services, double } });
    await using host = await keep(source, { restart: { maxRestarts: 0 } });
    const { fields } = await host.logger.until(({ message }) => message === 'plugin address');
    await host.ask('double');
    const failed = host.next('kv', 'failed');
    await host.ask('exit', 3).catch(() => {});
    await failed;
    expect(existsSync(String(fields['address']))).toBe(false);
  });
});
