import { generateKeyPairSync } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { hashPassword } from '../../../examples/mail-gateway/plugins/auth-file.ts';
import { needsToolNow } from '../../languages/tool.ts';
import { authority, hasOpenssl } from '../../support/certificates.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { Client } from './support/client.ts';
import { everybody, testGateway } from './support/gateway.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicText = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

/** DNS for mailauth. */
const records = {
  'example.org': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  's1._domainkey.example.org': { TXT: [`v=DKIM1; k=rsa; p=${publicText}`] },
  '_dmarc.example.org': { TXT: ['v=DMARC1; p=reject'] },
  '_dmarc.aside.example': { TXT: ['v=DMARC1; p=quarantine'] },
  'unsure.example': { TXT: 'ESERVFAIL' },
  '_dmarc.unsure.example': { TXT: 'ESERVFAIL' },
};
const mailAuth = { name: 'mail-auth', config: { server: 'gw.example.org', records, onTempError: 'defer' } };

const from = (address: string): string => `From: ${address}\r\nSubject: hello\r\n\r\nHello.`;
const to = ['bob@example.net'];

describe('scenario 1 with the plugins that come with the gateway', () => {
  it('says in Authentication-Results that SPF, DKIM and DMARC pass', async (context) => {
    needsToolNow(context, 'openssl', hasOpenssl);
    await using folder = await tempFolder();
    const { certFile, keyFile } = authority(folder.path, 'ca').sign('localhost');
    const users = await folder.write('users', `ada:${await hashPassword('lovelace')}\n`, 0o600);
    const plugins = [mailAuth, { name: 'auth-file', config: { file: users } }];
    await using test = await testGateway([], { tls: { certFile, keyFile } }, { plugins });
    const client = createTransport({
      host: '127.0.0.1',
      port: test.port,
      requireTLS: true,
      tls: { rejectUnauthorized: false },
      auth: { user: 'ada', pass: 'lovelace' },
      dkim: { domainName: 'example.org', keySelector: 's1', privateKey: privatePem },
    });
    await client.sendMail({
      from: 'ada@example.org',
      to: 'bob@example.net',
      subject: 'Hello',
      text: 'Hello Bob.',
    });
    const { text } = await test.peer.next();
    const results = /^Authentication-Results: gw\.example\.org;(?:.*\r\n\s)*.*/m.exec(text)?.[0] ?? '';
    for (const method of ['spf', 'dkim', 'dmarc']) expect(results).toContain(`${method}=pass`);
  });
});

describe('scenario 3: 25 connections at once from one address', () => {
  it('lets exactly the burst in, and tells the others 421', async () => {
    const limits = { connection: { burst: 20, perMinute: 1 } };
    await using test = await testGateway([], {}, { plugins: [{ name: 'rate-limiter', config: { limits } }] });
    const clients = await Promise.all(Array.from({ length: 25 }, () => Client.connect(test.port)));
    const greetings = await Promise.all(clients.map((client) => client.reply()));
    for (const client of clients) client.hangUp();
    expect(greetings.filter((greeting) => greeting?.startsWith('220 '))).toHaveLength(20);
    expect(greetings.filter((greeting) => greeting?.startsWith('421 4.7.0 '))).toHaveLength(5);
  });
});

describe('scenario 6: a sender that nobody knows', () => {
  it('waits once, and is known after a restart', async () => {
    await using folder = await tempFolder();
    const config = { file: join(folder.path, 'greylist'), delayMs: 0 };
    const knock = async (): Promise<string | undefined> => {
      await using test = await testGateway([everybody], {}, { plugins: [{ name: 'greylist', config }] });
      using client = await Client.hello(test.port);
      return await client.send('ada@example.org', to);
    };
    expect(await knock()).toMatch(/^451 4\.7\.1 /);
    expect(await knock()).toMatch(/^250 /);
  });
});

describe('scenario 7: mail that is not of whom it says', () => {
  it('is refused, laid aside or deferred, as the domain of its From wants it', async () => {
    await using test = await testGateway([everybody], {}, { plugins: [mailAuth] });
    using client = await Client.hello(test.port);
    const send = async (domain: string): Promise<string | undefined> => {
      await client.say('RSET');
      return client.send('eve@elsewhere.example', to, from(`ada@${domain}`));
    };
    expect(await send('example.org')).toMatch(/^550 5\.7\.1 /);
    expect(await send('aside.example')).toMatch(/^250 2\.6\.0 Taken as/);
    expect(await send('unsure.example')).toMatch(/^451 /);
    expect(await readdir(join(test.folder, 'queue'))).toEqual([]);
    expect(await readdir(join(test.folder, 'quarantine', 'default'))).toHaveLength(2);
  });

  it('names no more domains than can be looked up', async () => {
    await using test = await testGateway([everybody], {}, { plugins: [mailAuth] });
    using client = await Client.hello(test.port);
    const many = Array.from({ length: 6 }, (_, index) => `eve@elsewhere${index}.example`).join(', ');
    expect(await client.send('eve@elsewhere.example', to, from(many))).toBe(
      '550 5.6.0 From names too many domains',
    );
  });

  it.each([
    '"ada <eve@elsewhere.example>" <ada@example.org>',
    'ada@example.org (Ada)',
    'ada@example.org,',
    'ada@EXAMPLE.org.',
    'eve@elsewhere.example, ada@example.org',
    'friends: eve@elsewhere.example, ada@example.org;',
    'eve@elsewhere.example\r\nFrom: ada@example.org',
    'eve@elsewhere.example\r\nFrom : ada@example.org',
    'eve@elsewhere.example\r\nno field\r\nFROM:\r\n ada@example.org',
  ])('is known however From is written: %j', async (written) => {
    await using test = await testGateway([everybody], {}, { plugins: [mailAuth] });
    using client = await Client.hello(test.port);
    expect(await client.send('eve@elsewhere.example', to, from(written))).toMatch(/^550 5\.7\.1 /);
  });
});
