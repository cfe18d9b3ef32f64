import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definePlugin } from 'plugboard';
import { defer, modify, reject, type EmailHooks } from 'plugboard/email';
import { describe, expect, it } from 'vitest';
import { openDelivery, stubDns } from './support/delivery.ts';
import { refusal, startPeer } from './support/peer.ts';
import { dayMs, enqueue } from './support/queued-mail.ts';
import { needsToolNow } from '../../languages/tool.ts';
import { authority, hasOpenssl } from '../../support/certificates.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const bob = 'bob@example.net';
const recipients = (...names: string[]) => names.map((name) => ({ address: `${name}@example.net` }));

describe('delivery', () => {
  it('brings a mail to the host that DNS names, once for all recipients there, with TLS where it is offered', async (context) => {
    needsToolNow(context, 'openssl', hasOpenssl);
    await using folder = await tempFolder();
    const { keyFile, certFile } = authority(folder.path, 'ca').sign('localhost');
    const certificate = { key: readFileSync(keyFile), cert: readFileSync(certFile) };
    await using peer = await startPeer({ disabledCommands: [], ...certificate });
    const told: unknown[] = [];
    const plugin = definePlugin<EmailHooks>({
      name: 'observer',
      version: '1.0.0',
      hooks: {
        'delivery.deliverySuccess': ({ recipient, tls, host }) => (
          told.push([recipient.address, tls?.protocol, host]),
          { action: 'continue' }
        ),
      },
    });
    const dns = stubDns({ 'MX example.net': ['mx.example.net'], 'A mx.example.net': ['127.0.0.1'] });
    const queue = join(folder.path, 'queue');
    await using delivery = await openDelivery(queue, { dns, mxPort: peer.port, plugin });
    await enqueue(delivery.queue, delivery.clock, { recipients: recipients('bob', 'eve') });
    await delivery.work();
    expect(peer.taken).toEqual([
      { from: 'ada@example.org', to: [bob, 'eve@example.net'], text: 'Subject: hello\r\n\r\nHello.\r\n' },
    ]);
    expect(delivery.queue.size).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([bob, 'eve@example.net'].map((address) => [address, 'TLSv1.3', 'mx.example.net']));
  });

  it('goes to the next host when the first cannot be reached, and to the domain itself when it names none', async () => {
    await using folder = await tempFolder();
    await using peer = await startPeer();
    const dns = stubDns({
      'MX example.net': ['gone.example.net', 'mx.example.net'],
      'A gone.example.net': ['127.0.0.2'],
      'A mx.example.net': ['127.0.0.1'],
      'A example.com': ['127.0.0.1'],
    });
    await using delivery = await openDelivery(folder.path, { dns, mxPort: peer.port });
    await enqueue(delivery.queue, delivery.clock);
    await enqueue(delivery.queue, delivery.clock, { recipients: [{ address: 'a@example.com' }] });
    await delivery.work();
    await delivery.work();
    expect(peer.taken.flatMap(({ to }) => to)).toEqual([bob, 'a@example.com']);
  });

  it.each([
    ['takes no mail', { 'MX example.net': ['.'] }, '5.1.10'],
    ['does not exist', {}, '5.1.2'],
  ])('tells the sender at once of a domain that %s', async (_, table, status) => {
    await using folder = await tempFolder();
    await using delivery = await openDelivery(folder.path, { dns: stubDns(table) });
    await enqueue(delivery.queue, delivery.clock);
    await delivery.work();
    const report = await delivery.queue.take();
    expect(report?.envelope).toMatchObject({ sender: '', recipients: [{ address: 'ada@example.org' }] });
    expect(await readFile(report?.file ?? '', 'utf8')).toContain(`Status: ${status}`);
  });

  it('waits and tries again while DNS does not answer', async () => {
    await using folder = await tempFolder();
    await using delivery = await openDelivery(folder.path, { dns: stubDns({ 'MX example.net': ['FAIL'] }) });
    await enqueue(delivery.queue, delivery.clock);
    await delivery.work();
    expect(delivery.queue.size).toBe(1);
    delivery.clock.advance(60_000);
    expect((await delivery.queue.take())?.states).toMatchObject([
      { is: 'open', lastReply: { enhanced: '4.4.3' } },
    ]);
  });

  it('retries after 4xx with growing delays, and tells plugins of each', async () => {
    await using folder = await tempFolder();
    await using peer = await startPeer({ onRcptTo: (_, __, done) => done(refusal(451, '4.2.1 busy')) });
    const delays: number[] = [];
    const plugin = definePlugin<EmailHooks>({
      name: 'observer',
      version: '1.0.0',
      hooks: {
        'queue.queueRetry': ({ nextDelayMs, lastError }) => (
          delays.push(nextDelayMs, lastError.code),
          { action: 'continue' }
        ),
      },
    });
    await using delivery = await openDelivery(folder.path, {
      route: `smtp://127.0.0.1:${peer.port}`,
      plugin,
    });
    await enqueue(delivery.queue, delivery.clock);
    for (const waitMs of [0, 60_000, 120_000]) {
      delivery.clock.advance(waitMs);
      expect(await delivery.work()).toBe(true);
      expect(await delivery.work()).toBe(false);
    }
    expect(delays).toEqual([60_000, 451, 120_000, 451, 240_000, 451]);
  });

  it('tries at its expiry for the last time, then gives up and tells the sender', async () => {
    await using folder = await tempFolder();
    await using peer = await startPeer({ onRcptTo: (_, __, done) => done(refusal(451, '4.2.1 busy')) });
    await using delivery = await openDelivery(folder.path, { route: `smtp://127.0.0.1:${peer.port}` });
    const expiresAt = delivery.clock.date().getTime() + dayMs;
    await enqueue(delivery.queue, delivery.clock, { expiresAt });
    let attempts = 0;
    for (let hour = 0; hour <= 24; hour++) {
      if ((await delivery.work()) && delivery.queue.size === 1) attempts++;
      if (hour < 24) delivery.clock.advance(3_600_000);
    }
    expect(delivery.clock.date().getTime()).toBe(expiresAt);
    expect(attempts).toBeGreaterThan(10);
    expect(delivery.queue.size).toBe(1);
    const report = await delivery.queue.take();
    expect(report?.envelope.sender).toBe('');
    expect(await readFile(report?.file ?? '', 'utf8')).toContain('Status: 5.4.7');
  });

  it('answers 5xx with a report by RFC 3464 that names the refused recipients only', async () => {
    await using folder = await tempFolder();
    await using peer = await startPeer({
      onRcptTo: ({ address }, _, done) => done(address === bob ? refusal(550, '5.1.1 no such user') : null),
    });
    await using delivery = await openDelivery(folder.path, { route: `smtp://127.0.0.1:${peer.port}` });
    const dsn = { ret: 'HDRS' as const, envid: 'letter-7' };
    const { queueId } = await enqueue(delivery.queue, delivery.clock, {
      recipients: recipients('bob', 'eve'),
      dsn,
    });
    await delivery.work();
    await delivery.work();
    const [mail, report] = peer.taken;
    expect([mail?.to, report?.from, report?.to]).toEqual([['eve@example.net'], '', ['ada@example.org']]);
    expect(report?.text).toMatch(/^Content-Type: multipart\/report; report-type=delivery-status; boundary=/m);
    expect(report?.text).toContain(
      [
        'Content-Type: message/delivery-status',
        '',
        'Reporting-MTA: dns; gw.example.org',
        'Original-Envelope-Id: letter-7',
        'Arrival-Date: Tue, 01 Jan 2030 00:00:00 +0000',
        '',
        `Final-Recipient: rfc822; ${bob}`,
        'Action: failed',
        'Status: 5.1.1',
        'Remote-MTA: dns; 127.0.0.1',
        'Diagnostic-Code: smtp; 550 5.1.1 no such user',
      ].join('\r\n'),
    );
    expect(report?.text).toContain(`Message-ID: <${queueId}r0@gw.example.org>`);
    expect(report?.text).toMatch(
      /Content-Type: text\/rfc822-headers\r\n\r\nSubject: hello\r\n\r\n\r\n--.*--\r\n$/,
    );
    expect(report?.text).not.toContain('eve@');
  });

  it('sends no report to the null sender', async () => {
    await using folder = await tempFolder();
    await using peer = await startPeer({
      onRcptTo: (_, __, done) => done(refusal(550, '5.1.1 no such user')),
    });
    await using delivery = await openDelivery(folder.path, { route: `smtp://127.0.0.1:${peer.port}` });
    await enqueue(delivery.queue, delivery.clock, { sender: '' });
    await delivery.work();
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('reports a success where the sender asked for it', async () => {
    await using folder = await tempFolder();
    await using peer = await startPeer({ lmtp: true });
    await using delivery = await openDelivery(folder.path, { route: `lmtp://127.0.0.1:${peer.port}` });
    await enqueue(delivery.queue, delivery.clock, { recipients: [{ address: bob, notify: ['SUCCESS'] }] });
    await delivery.work();
    await delivery.work();
    expect(peer.taken[1]?.text).toContain('Action: delivered\r\nStatus: 2.0.0');
  });

  it('gives LMTP one transaction for each recipient, so that each reply is written down on its own', async () => {
    await using folder = await tempFolder();
    await using peer = await startPeer({ lmtp: true });
    await using delivery = await openDelivery(folder.path, { route: `lmtp://127.0.0.1:${peer.port}` });
    await enqueue(delivery.queue, delivery.clock, { recipients: recipients('bob', 'eve') });
    await delivery.work();
    expect(peer.taken.map(({ to }) => to)).toEqual([[bob], ['eve@example.net']]);
  });

  it('has written a 250 down before it says anything else', async () => {
    await using folder = await tempFolder();
    const written: string[] = [];
    await using peer = await startPeer({ lmtp: true }, () => {
      const [journal] = readdirSync(folder.path).filter((name) => name.endsWith('.log'));
      const [last] = readFileSync(join(folder.path, journal ?? ''), 'utf8')
        .trim()
        .split('\n')
        .slice(-1);
      written.push(last ?? '');
    });
    await using delivery = await openDelivery(folder.path, { route: `lmtp://127.0.0.1:${peer.port}` });
    await enqueue(delivery.queue, delivery.clock, { recipients: recipients('bob', 'eve') });
    await delivery.work();
    expect(written).toEqual(
      [0, 1].map((index) => expect.stringContaining(`"state":"delivered","recipients":[${index}]`) as string),
    );
  });

  it('stores mail in a folder for each recipient, under a name that leads nowhere else', async () => {
    await using folder = await tempFolder();
    const boxes = join(folder.path, 'boxes');
    await using delivery = await openDelivery(join(folder.path, 'queue'), { route: `maildir:${boxes}` });
    await enqueue(delivery.queue, delivery.clock, {
      recipients: [{ address: bob }, { address: '../../etc@x' }],
    });
    await delivery.work();
    expect(await readdir(boxes)).toEqual(['_%2F..%2Fetc%40x', 'bob%40example.net']);
    expect(await readdir(join(boxes, 'bob%40example.net', 'new'))).toHaveLength(1);
  });

  it('lets plugins sign, redirect, hold back and give up single recipients', async () => {
    await using folder = await tempFolder();
    await using peer = await startPeer();
    const route = { host: '127.0.0.1', port: peer.port, protocol: 'smtp' as const };
    const plugin = definePlugin<EmailHooks>({
      name: 'signer',
      version: '1.0.0',
      hooks: {
        'delivery.preDelivery': ({ recipient, message, headers }) => {
          if (recipient.local === 'eve') return reject({ code: 550, enhanced: '5.7.1', text: 'not to eve' });
          if (recipient.local === 'mallory') return defer({ retryAfterMs: 5000 });
          const value = `${message.size} ${headers.map(([name]) => name).join()} für Bob`;
          return modify({ route, headers: [{ op: 'add', name: 'X-Signed', value }] });
        },
      },
    });
    await using delivery = await openDelivery(folder.path, { plugin });
    await enqueue(delivery.queue, delivery.clock, {
      sender: '',
      recipients: recipients('bob', 'eve', 'mallory'),
    });
    await delivery.work();
    expect(peer.taken).toMatchObject([
      { to: [bob], text: 'X-Signed: 30 Subject für Bob\r\nSubject: hello\r\n\r\nHello.\r\n' },
    ]);
    delivery.clock.advance(5000);
    const states = (await delivery.queue.take())?.states;
    expect(states?.map((state) => state.is)).toEqual(['delivered', 'failed', 'open']);
    expect(states?.[2]).toMatchObject({ attempts: 0 });
  });

  it('takes out of the queue what a plugin discards, and says so in the log', async () => {
    await using folder = await tempFolder();
    const plugin = definePlugin<EmailHooks>({
      name: 'cleaner',
      version: '1.0.0',
      hooks: { 'queue.dequeue': () => ({ action: 'discard', reason: 'too old to matter' }) },
    });
    await using delivery = await openDelivery(folder.path, { plugin });
    await enqueue(delivery.queue, delivery.clock);
    await delivery.work();
    expect(delivery.queue.size).toBe(0);
    expect(delivery.log.records).toMatchObject([
      { level: 'warn', fields: { plugin: 'own', reason: 'too old to matter' } },
    ]);
  });
});
