import type { PluginSource } from 'plugboard';
import { goPlugin, type GoPluginOptions } from 'plugboard/go-plugin';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeCertificate, makeCertificate } from '../../../transports/go-plugin/certificate.ts';
import { expectNoChildren } from '../../support/processes.ts';
import { startError } from '../../support/start-error.ts';
import { fixture } from '../subjects.ts';
import { handshake, keep } from './go-plugins.ts';

afterEach(expectNoChildren);

const own = await makeCertificate('P-256', new Date());
const another = await makeCertificate('P-256', new Date());
const served = { cert: own.certificatePem, key: own.keyPem };
const shown = encodeCertificate(own.der);

function strange(does: object, options: Partial<GoPluginOptions> = {}): PluginSource {
  const env = { STRANGE: JSON.stringify(does) };
  const services = { execute: { method: '/a.B/C', encode: () => new Uint8Array(), decode: () => 0 } };
  return goPlugin(process.execPath, {
    args: [fixture('go-strange.mjs')],
    env,
    handshake,
    services,
    killTimeoutMs: 50, // it knows no Shutdown
    ...options,
  });
}

describe('a plugin whose two ends do not know each other is refused', () => {
  it.each([
    ['that has another certificate than it showed', { shown: encodeCertificate(another.der), ...served }, {}],
    ['that speaks no TLS but showed a certificate', { shown }, {}],
    ['that lets in another host', { shown, ...served, ca: another.certificatePem }, {}],
    ['that speaks TLS and showed no certificate', { shown: '', ...served }, { autoMtls: false }],
  ] as const)('%s', async (_, does, options) => {
    const error = await startError(strange(does, options));
    expect(error).toMatchObject({ code: 'PLUGIN_1205', plugin: 'subject' });
    expect(error.message).toContain('see autoMtls');
  });

  it('that is connected to and never answers', async () => {
    const error = await startError(strange({ shown, silent: true }), { startTimeoutMs: 500 });
    expect(error).toMatchObject({ code: 'RPC_2002', context: { startTimeoutMs: 500 } });
  });
});

it('a plugin without any service of go-plugin is one all the same', async () => {
  await expect(startError(strange({ shown: '' }, { autoMtls: false }))).rejects.toThrow(
    'against expectation',
  );
});

it('a plugin that hangs up but goes on running is ended and started again', async () => {
  const leave = { method: '/a.B/Leave', encode: () => new Uint8Array(), decode: () => 0 };
  const source = strange({ shown: '' }, { autoMtls: false, services: { get: leave } });
  await using host = await keep(source, { restart: { initialDelayMs: 10 } });
  const restarting = host.next('kv', 'restarting');
  const ready = host.next('kv', 'ready');
  await expect(host.ask('get')).rejects.toMatchObject({ code: 'PLUGIN_1205', retryable: true });
  const { to } = await restarting;
  expect(JSON.stringify(to)).toContain('went on running');
  await ready;
});

it('a plugin that ends its session but goes on running is ended and started again', async () => {
  const source = strange({ shown: '' }, { autoMtls: false, services: undefined });
  await using host = await keep(source, { restart: { initialDelayMs: 10 } });
  const ready = host.next('kv', 'ready');
  await expect(host.ask('get')).rejects.toMatchObject({ code: 'PLUGIN_1205', retryable: true });
  await ready;
});

it.each([
  [1, { status: 'healthy' }],
  [2, { status: 'unhealthy', message: 'the plugin says that it does not serve' }],
  ['unknown', { status: 'unhealthy', message: "its health service does not know 'plugin'" }],
])('a plugin whose health is %s is %j', async (health, report) => {
  const get = { method: '/a.B/C', encode: () => new Uint8Array(), decode: () => 0 };
  await using host = await keep(strange({ shown: '', health }, { autoMtls: false, services: { get } }));
  expect(await host.manager.health()).toMatchObject({ plugins: { kv: report } });
});
