import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PluginManager, Verdict } from 'plugboard';
import { headerChanges, type AntispamAnswer, type EmailHooks, type MessageContext } from 'plugboard/email';
import { answerTo } from '../../../../examples/mail-gateway/plugins/rspamd/answer.ts';
import { rspamd } from '../../../../examples/mail-gateway/plugins/rspamd/plugin.ts';
import { replySchema } from '../../../../examples/mail-gateway/plugins/rspamd/reply.ts';
import { check } from '../../../email/check.ts';
import { requests } from '../../../email/samples.ts';
import { needsTool } from '../../../languages/tool.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { from, hostOf, messageIn } from './mail-host.ts';
import { gtube, hasRspamd, startRspamd } from './rspamd-daemon.ts';

async function scan(
  manager: PluginManager<EmailHooks>,
  text: string,
  about: Partial<MessageContext> = {},
): Promise<Verdict<MessageContext, AntispamAnswer>> {
  await using folder = await tempFolder();
  const message = await messageIn(folder, text);
  return await manager.run('content.antispamScan', {
    ...requests['content.antispamScan'],
    ...about,
    message,
  });
}

describe('rspamd with a real Rspamd', () => {
  needsTool('rspamd', hasRspamd);

  it('refuses, tags, rewrites and lets pass as Rspamd says', { timeout: 90_000 }, async () => {
    await using daemon = await startRspamd();
    await using host = await hostOf(rspamd(), { url: daemon.url });
    const { manager } = host;
    expect((await scan(manager, gtube('X'))).answer).toMatchObject({
      action: 'reject',
      code: 550,
      enhanced: '5.7.1',
      score: 15,
      symbols: [{ name: 'GTUBE' }],
    });
    expect(headerChanges(await scan(manager, gtube('Y')))).toEqual([
      { op: 'add', name: 'X-Spam', value: 'Yes' },
      { op: 'add', name: 'X-Spam-Flag', value: 'YES' },
      { op: 'add', name: 'X-Spam-Score', value: '6.0 (tagged from 6)' },
    ]);
    expect(headerChanges(await scan(manager, gtube('Z')))).toContainEqual({
      op: 'replace',
      name: 'Subject',
      value: '*** SPAM *** Hello',
    });
    expect((await scan(manager, gtube('A'))).answer).toMatchObject({ action: 'continue', score: 0 });
    expect((await scan(manager, 'Subject: Hello\n\nNothing to see.\n')).answer).toMatchObject({
      action: 'continue',
    });
    // What a sender writes into its envelope does not end the request.
    const { session } = from('192.0.2.7');
    const odd = { session: { ...session, helo: 'hällo\r\nPassword: x' } };
    expect(await scan(manager, gtube('X'), odd)).toMatchObject({
      answer: { action: 'reject' },
      failures: [],
    });
  });
});

describe('rspamd without Rspamd', () => {
  it.each([
    ['does not answer', undefined],
    ['answers with an error', { status: 503, body: '{}' }],
    ['answers with nonsense', { status: 200, body: 'hello' }],
    ['answers without an action', { status: 200, body: '{"score":99}' }],
  ])('lets mail pass, and tells of it, where something %s', async (_what, answer) => {
    const server = createServer((_request, response) => {
      if (answer !== undefined) response.writeHead(answer.status).end(answer.body);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close().closeAllConnections());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using host = await hostOf(rspamd(), { url: `http://127.0.0.1:${port}` }, { timeoutMs: 1000 });
    const verdict = await scan(host.manager, 'Subject: Hello\n\n');
    expect(verdict.answer).toEqual({ action: 'continue', score: 0 });
    expect(verdict.failures).toMatchObject([{ plugin: 'plugin', rule: 'open' }]);
  });

  it('does not look at what is larger than spam is', async () => {
    await using host = await hostOf(rspamd(), { url: 'http://127.0.0.1:1', maxSize: '1kB' });
    const verdict = await scan(host.manager, 'a'.repeat(1001));
    expect(verdict).toMatchObject({ answer: { action: 'continue' }, failures: [] });
  });
});

describe('what Rspamd answers', () => {
  it('becomes changes to the header, on one line each', () => {
    const reply = replySchema.parse({
      action: 'add header',
      score: 7,
      symbols: { A: { name: 'A', score: 7, options: ['x', 5] } },
      milter: {
        add_headers: { 'X-A': { value: 'a\r\nBcc: all', order: 1 }, 'X-B': ['b', { value: 'c' }] },
        remove_headers: { 'X-Spam': 0 },
      },
    });
    expect(answerTo(reply)).toEqual({
      action: 'modify',
      score: 7,
      symbols: [{ name: 'A', score: 7, options: ['x', '5'] }],
      headers: [
        { op: 'remove', name: 'X-Spam' },
        { op: 'add', name: 'X-A', value: 'a Bcc: all' },
        { op: 'add', name: 'X-B', value: 'b' },
        { op: 'add', name: 'X-B', value: 'c' },
        { op: 'add', name: 'X-Spam', value: 'Yes' },
      ],
    });
  });

  it('stays an answer whatever a sender has got into it', async () => {
    const reply = replySchema.parse({
      action: 'reject',
      symbols: {
        A: { name: 'A\r\n', score: 1, options: Array.from({ length: 500 }, () => 'x'.repeat(5000)) },
      },
      messages: { smtp_message: '\u20ac'.repeat(1000) },
    });
    expect((await check('content.antispamScan', 'response', answerTo(reply))).issues).toEqual([]);
    const odd = replySchema.parse({
      action: 'no action',
      milter: { add_headers: { 'X A': 'b', 'X-B': 'c'.repeat(5000) }, remove_headers: { '': 0 } },
    });
    const answer = answerTo(odd);
    expect((await check('content.antispamScan', 'response', answer)).issues).toEqual([]);
    expect(answer).toMatchObject({ headers: [{ name: 'X-B' }] });
  });

  it('may ask to come again', () => {
    const reply = replySchema.parse({ action: 'soft reject', messages: { smtp_message: 'Try again' } });
    expect(answerTo(reply)).toMatchObject({ action: 'defer', code: 451, text: 'Try again' });
  });
});
