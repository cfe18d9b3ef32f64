import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accept, defer, discard, modify, quarantine, reject } from 'plugboard/email';
import { createTransport } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { authority } from '../../support/certificates.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { Client } from './support/client.ts';
import { everybody, own, testGateway } from './support/gateway.ts';
import { tracer } from './support/tracer.ts';

const to = ['bob@example.net'];

describe('the SMTP side', () => {
  it('takes a mail and hands it on, with a trace field', async () => {
    await using test = await testGateway([everybody]);
    using client = await Client.hello(test.port);
    expect(await client.send('ada@example.org', to)).toMatch(/^250 2\.6\.0 Queued as \w+$/);
    const mail = await test.peer.next();
    expect(mail).toMatchObject({ from: 'ada@example.org', to });
    expect(mail.text).toMatch(
      /^Received: from client\.example\.org \(\[127\.0\.0\.1\]\)\r\n\tby gw\.example\.org with ESMTP id \w+;\r\n\t.*\r\nSubject: hello\r\n\r\nHello\.\r\n$/,
    );
  });

  it.each(['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r\n.\r'])(
    'ends no message at %j, and hands none on that ends there',
    async (trick) => {
      await using test = await testGateway([everybody]);
      using client = await Client.hello(test.port);
      const smuggled = `Subject: x\r\n\r\none${trick}MAIL FROM:<eve@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\ntwo`;
      expect(await client.send('ada@example.org', to, smuggled)).toMatch(/^250 2\.6\.0 Queued/);
      expect((await test.peer.next()).text).toContain('two');
      expect(test.peer.taken).toHaveLength(1);
    },
  );

  it('takes no header that is too long to be looked at', async () => {
    await using test = await testGateway([everybody]);
    using client = await Client.hello(test.port);
    const long = `${`X-Long: ${'x'.repeat(70)}\r\n`.repeat(7000)}From: ada@example.org\r\n\r\nHello.`;
    expect(await client.send('ada@example.org', to, long)).toBe('552 5.3.4 The header is too long');
    expect(await client.send('ada@example.org', to, 'Subject: only a header')).toMatch(/^250 /);
  });

  it('takes no recipient that no plugin accepts', async () => {
    await using test = await testGateway([]);
    using client = await Client.hello(test.port);
    expect(await client.send('ada@example.org', to)).toBe('550 5.7.1 Relaying denied');
  });

  it('answers for each command with the hook before it', async () => {
    const refuser = own('refuser', {
      'command.ehlo': ({ hostname, extensions }) =>
        hostname === 'bad'
          ? reject({ text: 'bad name' })
          : modify({ extensions: [...extensions, 'X-OWN 1'] }),
      'command.helo': () => defer({ text: 'not now' }),
      'transaction.mailFrom': ({ sender }) => (sender.local === 'bad' ? reject({}) : { action: 'continue' }),
      'transaction.rcptTo': ({ recipient }) =>
        recipient.local === 'bad' ? reject({}) : recipient.local === 'later' ? defer({}) : accept(),
      'transaction.data': ({ recipients }) => (recipients.length > 1 ? reject({}) : { action: 'continue' }),
    });
    await using test = await testGateway([refuser]);
    using client = await Client.connect(test.port);
    expect(await client.reply()).toBe('220 gw.example.org ESMTP plugboard mail gateway');
    expect(await client.say('EHLO bad')).toBe('550 5.7.1 bad name');
    expect(await client.say('MAIL FROM:<a@x.org>')).toMatch(/^503 /);
    expect(await client.say('HELO x')).toBe('450 4.7.1 not now');
    expect(await client.say('EHLO good')).toMatch(
      /^250-gw.*\r\n250-PIPELINING\r\n(?:250-.*\r\n)+250 X-OWN 1$/,
    );
    expect(await client.say('MAIL FROM:<bad@x.org>')).toBe('550 5.7.1 Sender refused');
    expect(await client.say('MAIL FROM:<a@x.org>')).toBe('250 2.1.0 Accepted');
    expect(await client.say('RCPT TO:<bad@x.org>')).toBe('550 5.1.1 No such recipient');
    expect(await client.say('RCPT TO:<later@x.org>')).toBe('450 4.2.1 Please try again later');
    expect(await client.say('RCPT TO:<a@x.org>')).toBe('250 2.1.5 Accepted');
    expect(await client.say('RCPT TO:<b@x.org>')).toBe('250 2.1.5 Accepted');
    expect(await client.say('DATA')).toBe('554 5.5.1 No message wanted');
  });

  it.each([
    ['before', /502 5\.5\.1 TLS not available/],
    ['after', /554 5\.7\.1 Not welcome here/],
  ])('refuses TLS %s the handshake with a code that fits', async (phase, reply) => {
    await using folder = await tempFolder();
    const { certFile, keyFile } = authority(folder.path, 'ca').sign('localhost');
    const refuser = own('refuser', {
      'command.startTls': (asked) => (asked.phase === phase ? reject({}) : { action: 'continue' }),
    });
    await using test = await testGateway([refuser, everybody], { tls: { certFile, keyFile } });
    const tls = { rejectUnauthorized: false };
    const client = createTransport({ host: '127.0.0.1', port: test.port, requireTLS: true, tls });
    await expect(client.verify()).rejects.toThrow(reply);
  });

  it('changes sender, recipients, header and parts as plugins want it', async () => {
    const changer = own('changer', {
      'transaction.mailFrom': ({ sender }) => modify({ sender: { ...sender, address: 'list@example.org' } }),
      'transaction.rcptTo': ({ recipient }) =>
        modify({
          recipient: { ...recipient, address: 'one@example.net', local: 'one' },
          alsoTo: [{ address: 'two@example.net', local: 'two', domain: 'example.net' }],
        }),
      'message.headers': () => modify({ headers: [{ op: 'replace', name: 'Subject', value: 'grüße' }] }),
      'message.body': ({ part }) =>
        part.filename === 'evil.exe'
          ? modify({
              replacement: {
                contentType: 'text/plain',
                text: `${part.filename} (${part.size} bytes) is gone`,
              },
            })
          : { action: 'continue' },
    });
    await using test = await testGateway([changer, everybody]);
    using client = await Client.hello(test.port);
    const message = [
      'Subject: hello',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'Look at this.',
      '--b',
      'Content-Type: application/octet-stream; name=evil.exe',
      'Content-Disposition: attachment; filename="evil.exe"',
      'Content-Transfer-Encoding: base64',
      '',
      'TVqQAAM=',
      '--b--',
    ];
    expect(await client.send('ada@example.org', to, message.join('\r\n'))).toMatch(/^250 /);
    const mail = await test.peer.next();
    const second = await test.peer.next();
    expect([mail.from, mail.to, second.to]).toEqual([
      'list@example.org',
      ['one@example.net'],
      ['two@example.net'],
    ]);
    const gone = Buffer.from('evil.exe (5 bytes) is gone').toString('base64');
    expect(mail.text.split('\r\n').slice(3)).toEqual([
      'Subject: grüße',
      ...message.slice(1, 8),
      'Content-Type: text/plain',
      'Content-Transfer-Encoding: base64',
      '',
      gone,
      '--b--',
      '',
    ]);
  });

  it('lays a message aside durably before it says 250', async () => {
    const careful = own('careful', {
      'message.messageComplete': () => quarantine({ reason: 'odd attachment' }),
    });
    await using test = await testGateway([careful, everybody]);
    using client = await Client.hello(test.port);
    const reply = await client.send('ada@example.org', to);
    expect(reply).toMatch(/^250 2\.6\.0 Taken as \w+$/);
    const store = join(test.folder, 'quarantine', 'default');
    const id = reply?.split(' ').at(-1) ?? '';
    expect(await readdir(store)).toEqual([`${id}.eml`, `${id}.json`]);
    expect(await readFile(join(store, `${id}.eml`), 'utf8')).toContain('Subject: hello');
    const record = { by: 'careful', reason: 'odd attachment', sender: 'ada@example.org', recipients: to };
    expect(JSON.parse(await readFile(join(store, `${id}.json`), 'utf8'))).toMatchObject(record);
    expect(await readdir(join(test.folder, 'queue'))).toEqual([]);
  });

  it('keeps a record of each message that a plugin discards', async () => {
    const cleaner = own('cleaner', { 'content.contentFilter': () => discard({ reason: 'backscatter' }) });
    await using test = await testGateway([cleaner, everybody]);
    using client = await Client.hello(test.port);
    expect(await client.send('ada@example.org', to)).toMatch(/^250 2\.6\.0 Taken as/);
    const audit = await readFile(join(test.folder, 'audit.jsonl'), 'utf8');
    expect(JSON.parse(audit)).toMatchObject({
      event: 'discarded',
      by: 'cleaner',
      reason: 'backscatter',
      recipients: to,
    });
    expect(await readdir(join(test.folder, 'queue'))).toEqual([]);
  });

  it('holds every address to the limits of its scope, and only failed logins count', async () => {
    const asked: string[] = [];
    const limiter = own('limiter', {
      'security.rateLimitCheck': ({ scope, key, cost }) => {
        asked.push(`${scope} ${key} ${cost}`);
        return scope === 'recipient' ? defer({}) : { action: 'continue' };
      },
      'command.auth': ({ password }) =>
        password === 'right' ? accept({ identity: 'ada' }) : { action: 'continue' },
    });
    await using test = await testGateway([limiter, everybody]);
    using client = await Client.hello(test.port);
    const auth = (password: string) =>
      client.say(`AUTH PLAIN ${Buffer.from(`\0ada\0${password}`).toString('base64')}`);
    expect(await auth('wrong')).toBe('535 5.7.8 Authentication credentials invalid');
    expect(await auth('right')).toMatch(/^235 /);
    expect(await client.send('ada@example.org', to)).toBe('452 4.5.3 Too much at once; please slow down');
    expect(asked).toEqual([
      'connection 127.0.0.1 1',
      'auth 127.0.0.1 0',
      'auth 127.0.0.1 1',
      'auth 127.0.0.1 0',
      'auth 127.0.0.1 0',
      'message ada 1',
      'recipient ada 1',
    ]);
  });
});

describe('scenario 2: a client on the deny list', () => {
  const denied = own('access', {
    'connection.connect': ({ session: { remote } }) =>
      remote.ip.startsWith('203.0.113.') || remote.ip === '2001:db8::bad'
        ? reject({})
        : { action: 'continue' },
  });

  it.each(['ADDR=203.0.113.77', 'ADDR=IPV6:2001:db8::bad'])(
    'is turned away at the greeting: %s',
    async (address) => {
      const { plugin, seen } = tracer();
      await using test = await testGateway([denied, plugin, everybody], {
        listen: { port: 0, xclientFrom: ['127.0.0.1'] },
      });
      using client = await Client.hello(test.port);
      expect(await client.say(`XCLIENT ${address}`)).toBe('554 5.7.1 Not welcome here');
      expect(await client.rest()).toEqual([]);
      await until(() => seen.some(({ hook }) => hook === 'connection.disconnect'));
      const ends = seen.filter(({ hook }) => hook === 'connection.disconnect');
      expect(ends).toMatchObject([{ request: { reason: 'rejected' } }]);
    },
  );

  it('lets another client of the same proxy in', async () => {
    await using test = await testGateway([denied, everybody], {
      listen: { port: 0, xclientFrom: ['127.0.0.1'] },
    });
    using client = await Client.hello(test.port);
    expect(await client.say('XCLIENT ADDR=192.0.2.1')).toMatch(/^220 /);
    await client.say('EHLO x');
    expect(await client.send('ada@example.org', to)).toMatch(/^250 /);
    expect((await test.peer.next()).text).toContain('[192.0.2.1]');
  });
});
