import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { openScope, Simple, type PluginManager, type PluginSource } from 'plugboard';
import { emailHooks, headerChanges, mailAddr, type EmailHooks, type Header } from 'plugboard/email';
import { serveGrpc } from 'plugboard/grpc';
import { grpc, inProcess, subprocess, worker } from 'plugboard/transports';
import { hashPassword } from '../../../../examples/mail-gateway/plugins/auth-file.ts';
import {
  isMailPlugin,
  mailPlugins,
  type MailPluginName,
} from '../../../../examples/mail-gateway/plugins/index.ts';
import { requests } from '../../../email/samples.ts';
import { freePort } from '../../../support/free-port.ts';
import { managed, type Managed } from '../../../support/managed.ts';
import { expectNoChildren } from '../../../support/processes.ts';
import { tempFolder, type TempFolder } from '../../../support/temp-folder.ts';
import { from, messageIn } from './mail-host.ts';

afterEach(expectNoChildren);

const program = fileURLToPath(
  new URL('../../../../.build/examples/mail-gateway/plugins/run.js', import.meta.url),
);
const names = Object.keys(mailPlugins).filter(isMailPlugin);

const places: [string, (name: MailPluginName) => PluginSource | Promise<PluginSource>][] = [
  ['in this process', async (name) => inProcess(await mailPlugins[name]()) as PluginSource],
  ['each in a worker', (name) => worker(program, { args: [name] })],
  ['each in a child', (name) => subprocess(process.execPath, { args: [program, name] })],
  [
    'each behind gRPC',
    async (name) => {
      const server = await serveGrpc(await mailPlugins[name]());
      onTestFinished(() => server.close());
      return grpc(`127.0.0.1:${server.port}`);
    },
  ],
];

/** What each of them needs to start. */
async function configs(folder: TempFolder): Promise<Readonly<Partial<Record<MailPluginName, object>>>> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    'access-list': { file: await folder.write('list', 'deny 203.0.113.0/24\n') },
    'auth-file': { file: await folder.write('users', `ada:${await hashPassword('secret')}\n`) },
    'dkim-sign': {
      keys: [{ domain: 'example.org', selector: 's1', keyFile: await folder.write('key.pem', pem, 0o600) }],
    },
    'header-stamp': { add: { 'X-Gateway': '{id}' } },
    'mail-auth': { server: 'mx.test', records: { 'example.org': { TXT: ['v=spf1 ip4:192.0.2.0/24 -all'] } } },
    'mail-metrics': { port: await freePort() },
    'quarantine-store': { folder: join(folder.path, 'aside') },
    'rcpt-domains': { domains: ['example.net'] },
    // No daemons here: what happens then is another test.
    clamav: { port: 1, maxSize: 0, tooLarge: 'pass' },
    rspamd: { maxSize: 0 },
  };
}

async function allOf(
  source: (name: MailPluginName) => PluginSource | Promise<PluginSource>,
  folder: TempFolder,
): Promise<Managed<PluginManager<EmailHooks>>> {
  const host = await managed(Simple(emailHooks).build());
  const of = await configs(folder);
  for (const name of names)
    await host.manager.register(name, await source(name), { config: of[name], startTimeoutMs: 30_000 });
  return host;
}

describe.each(places)('the plugins of the gateway, %s', (_where, source) => {
  it('handle a session from its beginning to the end', { timeout: 120_000 }, async () => {
    await using folder = await tempFolder();
    await using host = await allOf(source, folder);
    const { manager } = host;
    const sessionScope = openScope('session');
    const within = openScope('transaction', sessionScope);
    const about = from('192.0.2.7');
    const failures: unknown[] = [];
    const run: typeof manager.run = (hook, request, options) => manager.run(hook, request, options);

    const denied = await run('connection.connect', {
      ...from('203.0.113.9'),
      activeFromIp: 1,
      activeTotal: 1,
    });
    expect(denied).toMatchObject({ by: 'access-list', answer: { action: 'reject' } });
    const connected = await run('connection.connect', { ...about, activeFromIp: 1, activeTotal: 1 });
    const limit = { ...about, scope: 'connection', key: '192.0.2.7', cost: 1 } as const;
    const limited = await run('security.rateLimitCheck', limit);
    expect(limited.answer).toMatchObject({ action: 'continue', remaining: 19 });
    const login = { ...requests['command.auth'], ...about, password: 'secret' };
    expect((await run('command.auth', login)).answer).toEqual({ action: 'accept', identity: 'ada' });
    const spf = await run(
      'authn.spfCheck',
      { ...requests['authn.spfCheck'], ...about, sender: mailAddr('ada@example.org'), ip: '192.0.2.7' },
      { within },
    );
    expect(spf.answer).toMatchObject({ spf: { result: 'pass' } });
    const rcpt = await run('transaction.rcptTo', { ...requests['transaction.rcptTo'], ...about }, { within });
    expect(rcpt).toMatchObject({ by: 'rcpt-domains', answer: { action: 'accept' } });
    const message = await messageIn(folder, 'From: ada@example.org\nSubject: Hello\n\nHello.\n');
    const headers: readonly Header[] = [['From', 'ada@example.org']];
    const content = { ...requests['message.messageComplete'], ...about, message, headers };
    const virus = await run('content.antivirusScan', { ...content, maxBytes: 1000 }, { within });
    const spam = await run('content.antispamScan', content, { within });
    const stamped = await run('message.headers', { ...content, headerBytes: 40 }, { within });
    expect(headerChanges(stamped)).toEqual([{ op: 'add', name: 'X-Gateway', value: 't-1' }]);
    const complete = await run('message.messageComplete', content, { within });
    expect(complete.request.headers[0]).toEqual([
      'Authentication-Results',
      'mx.test;\tspf=pass smtp.mailfrom=example.org',
    ]);
    const delivery = { ...requests['delivery.preDelivery'], message, headers };
    const sent = await run('delivery.preDelivery', delivery, { within });
    expect(sent.request.headers[0]).toEqual([
      'DKIM-Signature',
      expect.stringMatching(/^v=1; a=ed25519-sha256;/) as string,
    ]);
    for (const verdict of [connected, limited, spf, rcpt, virus, spam, stamped, complete, sent])
      failures.push(...verdict.failures);
    expect(failures).toEqual([]);
    expect(virus.answer.action).toBe('continue');
    expect(spam.answer.action).toBe('continue');
  });
});
