import { describe, expect, it } from 'vitest';
import { definePlugin, openScope } from 'plugboard';
import { mailAddr, proceed, type EmailHooks } from 'plugboard/email';
import { inProcess } from 'plugboard/transports';
import { contentPolicy } from '../../../../examples/mail-gateway/plugins/content-policy.ts';
import { headerStamp } from '../../../../examples/mail-gateway/plugins/header-stamp.ts';
import { heloCheck } from '../../../../examples/mail-gateway/plugins/helo-check.ts';
import { mailMetrics } from '../../../../examples/mail-gateway/plugins/metrics/plugin.ts';
import { rcptDomains } from '../../../../examples/mail-gateway/plugins/rcpt-domains.ts';
import { requests } from '../../../email/samples.ts';
import { freePort } from '../../../support/free-port.ts';
import { from, hostOf } from './mail-host.ts';

describe('helo-check', () => {
  const hello = async (hostname: string, config: object): Promise<unknown> => {
    await using host = await hostOf(heloCheck(), config);
    const request = { ...requests['command.helo'], hostname };
    return (await host.manager.run('command.helo', request)).answer;
  };

  it('refuses whoever claims to be this server, by name or by address', async () => {
    const refused = { action: 'reject', code: 550, text: 'You are not me' };
    expect(await hello('MX.example.org', { ownNames: ['mx.example.org'] })).toMatchObject(refused);
    expect(await hello('[IPv6:2001:db8::1]', {})).toMatchObject(refused);
    expect(await hello('client.example', { ownNames: ['mx.example.org'] })).toEqual({ action: 'continue' });
  });

  it.each(['a b', '-a.example', '192.0.2.1', '[192.0.2.999]', ''])(
    'refuses %j only if it is strict',
    async (name) => {
      expect(await hello(name, { strict: true })).toMatchObject({ code: 501, enhanced: '5.5.4' });
      expect(await hello(name, {})).toEqual({ action: 'continue' });
    },
  );

  it.each(['localhost', 'my_printer.example.', '[192.0.2.7]', '[IPv6:2001:db8::7]'])(
    'takes %s',
    async (name) => {
      expect(await hello(name, { strict: true })).toEqual({ action: 'continue' });
    },
  );

  it('says what is wrong with its config', async () => {
    await expect(hostOf(heloCheck(), { strict: 'yes' })).rejects.toThrow(/config is wrong[^]*strict/);
  });
});

describe('rcpt-domains', () => {
  const config = { domains: ['example.org', '*.example.net'], mailboxes: ['ada@example.org'] };
  const ask = async (address: string, isUser = false, settings: object = config): Promise<unknown> => {
    await using host = await hostOf(rcptDomains(), settings);
    const { session } = from('192.0.2.7');
    const auth = isUser ? { auth: { user: 'ada', mechanism: 'PLAIN' } } : {};
    const request = {
      ...requests['transaction.rcptTo'],
      session: { ...session, ...auth },
      recipient: mailAddr(address),
    };
    return (await host.manager.run('transaction.rcptTo', request)).answer;
  };

  it('takes mailboxes of its domains, and a postmaster of each', async () => {
    for (const address of ['Ada@example.ORG', 'PostMaster@example.org', 'postmaster@a.example.net'])
      expect(await ask(address)).toEqual({ action: 'accept' });
    expect(await ask('bob@example.org')).toMatchObject({ action: 'reject', enhanced: '5.1.1' });
    expect(await ask('bob@example.org', false, { domains: ['example.org'] })).toEqual({ action: 'accept' });
  });

  it('knows nothing of other domains, so that the mail is not relayed, but for users', async () => {
    for (const address of ['bob@elsewhere.example', 'bob@example.net', 'bob@evilexample.org'])
      expect(await ask(address)).toMatchObject({ action: 'reject', enhanced: '5.7.1' });
    expect(await ask('bob@elsewhere.example', true)).toEqual({ action: 'accept' });
    expect(await ask('bob@elsewhere.example', true, { relayForUsers: false })).toMatchObject({
      action: 'reject',
    });
  });
});

describe('header-stamp', () => {
  it('adds fields with what is known of the session, and takes away what only it may set', async () => {
    const config = { add: { 'X-Gateway': '{ip} {helo} {id} {user} {what}' }, remove: ['X-Gateway'] };
    await using host = await hostOf(headerStamp(), config);
    const request = {
      ...requests['message.headers'],
      ...from('192.0.2.7'),
      headers: [['x-gateway', 'forged'] as const],
    };
    const verdict = await host.manager.run('message.headers', request);
    expect(verdict.request.headers).toEqual([['X-Gateway', '192.0.2.7 client.example t-1 - -']]);
  });

  it('cannot be used to put in a field of the client', async () => {
    await using host = await hostOf(headerStamp(), { add: { 'X-Helo': '{helo}' } });
    const { session } = from('192.0.2.7');
    const request = { ...requests['message.headers'], session: { ...session, helo: 'a\r\nBcc: all' } };
    const { failures, request: after } = await host.manager.run('message.headers', request);
    expect(failures).toMatchObject([{ error: { code: 'PLUGIN_1210' } }]);
    expect(after.headers).toEqual(request.headers);
  });
});

describe('content-policy', () => {
  const { 'message.body': body, 'content.contentFilter': filter } = requests;

  it.each(['invoice.exe', 'photo.jpg.SCR', 'a.exe. .'])('refuses a file called %s', async (filename) => {
    await using host = await hostOf(contentPolicy(), undefined);
    const part = { ...body.part, filename };
    expect(await host.manager.run('message.body', { ...body, part })).toMatchObject({
      answer: { action: 'reject' },
    });
  });

  it('takes other files, and parts without a name', async () => {
    await using host = await hostOf(contentPolicy(), undefined);
    for (const filename of ['exe', 'a.txt', '.exe.txt', undefined]) {
      const part = { ...body.part, filename };
      expect(await host.manager.run('message.body', { ...body, part })).toMatchObject({
        answer: { action: 'continue' },
      });
    }
  });

  it('leaves a note in the place of a file, if it is told to', async () => {
    await using host = await hostOf(contentPolicy(), { onMatch: 'remove', extensions: ['ZIP'] });
    const part = { ...body.part, filename: 'a.zip' };
    const { request } = await host.manager.run('message.body', { ...body, part });
    expect(request.part.replacement?.text).toBe('A file ending in .zip was taken out of this message.\r\n');
  });

  it('refuses what is too large', async () => {
    await using host = await hostOf(contentPolicy(), { maxPartSize: 2, maxMessageSize: '1kB' });
    const tooLarge = { answer: { action: 'reject', code: 552, enhanced: '5.3.4' } };
    expect(await host.manager.run('message.body', body)).toMatchObject(tooLarge);
    expect(await host.manager.run('content.contentFilter', filter)).toMatchObject(tooLarge);
    await host.manager.reconfigure('plugin', { config: {} });
    expect(await host.manager.run('content.contentFilter', filter)).toMatchObject({
      answer: { action: 'continue' },
    });
  });
});

describe('mail-metrics', () => {
  it('serves what it was told as Prometheus text, and nothing that a label could break', async () => {
    const port = await freePort();
    await using host = await hostOf(mailMetrics(), { port });
    const tell = (stage: string): unknown =>
      host.manager.run('metrics.metricsCollect', {
        event: 'message.accepted',
        labels: { stage },
        values: { bytes: 500, durationMs: 2 },
      });
    tell('data');
    tell('data');
    tell('a"\n\\');
    void host.manager.run('error.error', requests['error.error']);
    const read = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    await expect.poll(read).toContain('mail_plugin_failures_total');
    const text = await read();
    expect(text).toContain('mail_events_total{event="message.accepted",stage="data"} 2\n');
    expect(text).toContain('mail_bytes_total{event="message.accepted",stage="data"} 1000\n');
    expect(text).toContain('mail_duration_ms_total{event="message.accepted",stage="data"} 4\n');
    expect(text).toContain(String.raw`stage="a\"\n\\"`);
    expect(
      text
        .trim()
        .split('\n')
        .every((line) => /^\w+\{.*\} \d+$/.test(line)),
    ).toBe(true);
  });

  it('counts scores and symbols of spam filters, and no more symbols than filters have', async () => {
    const port = await freePort();
    await using host = await hostOf(mailMetrics(), { port });
    const scan = (...names: readonly string[]) => ({
      'content.antispamScan': () =>
        proceed({ score: -1.5, symbols: names.map((name) => ({ name, score: 1 })) }),
    });
    const filter = definePlugin<EmailHooks>({
      name: 'filter',
      version: '1.0.0',
      hooks: scan('BAYES_HAM', 'a"b'),
    });
    await host.manager.register('filter', inProcess(filter));
    const many = Array.from({ length: 600 }, (_, index) => `RULE_${index}`);
    const hostile = definePlugin<EmailHooks>({ name: 'hostile', version: '1.0.0', hooks: scan(...many) });
    const judge = async (): Promise<string> => {
      const within = openScope('transaction', openScope('session'));
      await host.manager.run('content.antispamScan', requests['content.antispamScan'], { within });
      await host.manager.run('transaction.reset', requests['transaction.reset'], { within });
      return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    };
    const first = await judge();
    expect(first).toContain('mail_spam_score_sum{} -1.5\n');
    expect(first).toContain('mail_spam_score_bucket{le="0"} 1\n');
    expect(first).toContain('mail_spam_symbols_total{symbol="BAYES_HAM"} 1\n');
    expect(first).toContain('mail_spam_symbols_total{symbol="_OTHER"} 1\n');
    await host.manager.register('hostile', inProcess(hostile));
    const second = await judge();
    expect(second.match(/^mail_spam_symbols_total/gm)).toHaveLength(501);
    expect(second).toContain('mail_spam_symbols_total{symbol="_OTHER"} 103\n');
    expect(second).toContain('mail_spam_score_count{} 2\n');
  });
});
