import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PluginManager, Verdict } from 'plugboard';
import { headerChanges, type AntispamAnswer, type EmailHooks, type MessageContext } from 'plugboard/email';
import { answerTo } from '../../../../examples/mail-gateway/plugins/rspamd/answer.ts';
import { rspamd } from '../../../../examples/mail-gateway/plugins/rspamd/plugin.ts';
import { replySchema } from '../../../../examples/mail-gateway/plugins/rspamd/reply.ts';
import { requests } from '../../../email/samples.ts';
import { freePort } from '../../../support/free-port.ts';
import { needsTool } from '../../../languages/tool.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { findDaemon, startDaemon } from './daemon.ts';
import { from, hostOf, messageIn } from './mail-host.ts';

const command = findDaemon('rspamd');

interface Rspamd extends AsyncDisposable {
  readonly url: string;
}

/** A real Rspamd without rules and without a network, which knows its test patterns. */
async function startRspamd(): Promise<Rspamd> {
  const folder = await tempFolder();
  const url = `http://127.0.0.1:${await freePort()}`;
  const config = `
options {
  filters = "";
  enable_test_patterns = true;
  disable_hyperscan = true; # it would compile for half a minute
  dns { nameserver = ["127.0.0.1:1"]; timeout = 0.2s; retransmits = 1; }
  control_socket = "${folder.path}/control mode=0600";
  cache_file = "${folder.path}/symbols.cache";
  tempdir = "${folder.path}";
}
logging { type = "console"; level = "error"; }
actions { reject = 15; rewrite_subject = 8; add_header = 6; greylist = 4; }
worker "normal" { bind_socket = "${new URL(url).host}"; count = 1; }
`;
  const args = ['--no-fork', '--insecure', '--config', await folder.write('rspamd.conf', config)];
  const answers = async (): Promise<boolean> => (await fetch(`${url}/ping`)).ok;
  const daemon = await startDaemon(command ?? '', [...args, `--var=DBDIR=${folder.path}`], answers);
  return {
    url,
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Rspamd's own test pattern; each first letter brings another action. */
const gtube = (letter: string): string =>
  [
    'Subject: Hello\n\n',
    letter,
    'JS*C4JDBQADN1.NSBN3*2IDNEN*',
    'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\n',
  ].join('');

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
  needsTool('rspamd', command !== undefined);

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

  it('may ask to come again', () => {
    const reply = replySchema.parse({ action: 'soft reject', messages: { smtp_message: 'Try again' } });
    expect(answerTo(reply)).toMatchObject({ action: 'defer', code: 451, text: 'Try again' });
  });
});
