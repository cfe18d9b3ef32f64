import { generateKeyPairSync } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { describe, expect, it } from 'vitest';
import { factsOf, type CallContext } from 'plugboard';
import { accept, proceed, type Continue, type EmailHooks } from 'plugboard/email';
import { inProcess } from 'plugboard/transports';
import type { OwnPlugin } from '../../../../examples/mail-gateway/own-plugin.ts';
import { authFile, hashPassword } from '../../../../examples/mail-gateway/plugins/auth-file.ts';
import { clamav } from '../../../../examples/mail-gateway/plugins/clamav/plugin.ts';
import { greylist } from '../../../../examples/mail-gateway/plugins/greylist/plugin.ts';
import type { MailPlugin } from '../../../../examples/mail-gateway/plugins/index.ts';
import { mailAuth } from '../../../../examples/mail-gateway/plugins/mail-auth/plugin.ts';
import { mailMetrics } from '../../../../examples/mail-gateway/plugins/metrics/plugin.ts';
import { rateLimiter } from '../../../../examples/mail-gateway/plugins/rate-limiter/plugin.ts';
import { rspamd } from '../../../../examples/mail-gateway/plugins/rspamd/plugin.ts';
import { needsTool } from '../../../languages/tool.ts';
import { samplesOf, sumOf, type Scrape } from '../../../observability/scrape.ts';
import { freePort } from '../../../support/free-port.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { Client } from '../support/client.ts';
import { everybody, own, testGateway } from '../support/gateway.ts';
import { eicar, hasClamd, startClamd, streamMaxBytes } from './clamd-daemon.ts';
import { gtube, hasRspamd, startRspamd } from './rspamd-daemon.ts';

const minute = 60_000;

function plugin(name: string, of: MailPlugin, config: unknown): OwnPlugin {
  return { name, source: inProcess(of), settings: { config } };
}

/** Sends one mail; gives the last reply, or the first that is no consent. */
async function send(port: number, text?: string, to = ['bob@example.net']): Promise<string | undefined> {
  using client = await Client.hello(port);
  return await client.send('ada@example.org', to, text);
}

async function logIn(port: number, password: string): Promise<string | undefined> {
  using client = await Client.hello(port);
  const token = Buffer.from(`\0ada\0${password}`).toString('base64');
  return await client.say(`AUTH PLAIN ${token}`);
}

const inLines = (text: string): string => text.trimEnd().replaceAll('\n', '\r\n');

describe('scenario 4: limits', () => {
  it('of messages, recipients and bytes refuse with the code of each', async () => {
    const limits = {
      message: { burst: 4, perMinute: 0.01 },
      recipient: { burst: 5, perMinute: 0.01 },
      volume: { burst: '1kB', perMinute: '1kB' },
    };
    await using host = await testGateway([
      plugin('limits', rateLimiter(new ManualClock()), { limits }),
      everybody,
    ]);
    const { port } = host;
    const four = ['a@b.example', 'c@b.example', 'd@b.example', 'e@b.example'];
    expect(await send(port, undefined, four)).toMatch(/^250/);
    expect(await send(port, undefined, four)).toMatch(/^452.4\.5\.3/);
    expect(await send(port, `Subject: large\r\n\r\n${'a'.repeat(1000)}`, [])).toMatch(/^503/);
    expect(await send(port, undefined, four)).toMatch(/^452/);
    expect(await send(port, undefined, four)).toMatch(/^450.4\.7\.1/);
    const large = plugin('limits', rateLimiter(new ManualClock()), { limits });
    await using other = await testGateway([large, everybody]);
    expect(await send(other.port, `Subject: large\r\n\r\n${'a'.repeat(1000)}`)).toMatch(/^450.4\.7\.1/);
  });

  it('of log-ins count failures alone, and lock out until their time is over', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('users', `ada:${await hashPassword('secret')}\n`);
    const clock = new ManualClock();
    const limits = { auth: { burst: 2, perMinute: 1, lockMs: 15 * minute } };
    await using host = await testGateway([
      plugin('users', authFile(), { file }),
      plugin('limits', rateLimiter(clock), { limits }),
    ]);
    for (let count = 0; count < 4; count += 1) expect(await logIn(host.port, 'secret')).toMatch(/^235/);
    expect(await logIn(host.port, 'wrong')).toMatch(/^535.5\.7\.8/);
    expect(await logIn(host.port, 'wrong')).toMatch(/^535/);
    expect(await logIn(host.port, 'secret')).toMatch(/^454.4\.7\.0/);
    clock.advance(15 * minute);
    expect(await logIn(host.port, 'secret')).toMatch(/^235/);
  });
});

describe('scenario 4: log-ins that are tried side by side', () => {
  it('are one guess each: none succeeds once the others have used the limit up', async () => {
    let release = (): void => undefined;
    const others = new Promise<void>((resolve) => (release = resolve));
    let isJudged = false;
    const users = own('users', {
      'command.auth': async ({ password }) => {
        if (password !== 'right') return proceed();
        isJudged = true;
        await others;
        return accept({ identity: 'ada' });
      },
    });
    const limits = { auth: { burst: 2, perMinute: 0.01 } };
    await using host = await testGateway([
      users,
      plugin('limits', rateLimiter(new ManualClock()), { limits }),
    ]);
    const right = logIn(host.port, 'right');
    await expect.poll(() => isJudged).toBe(true);
    for (let count = 0; count < 2; count += 1) expect(await logIn(host.port, 'wrong')).toMatch(/^535/);
    release();
    expect(await right).toMatch(/^454.4\.7\.0/);
  });
});

describe('scenario 6: an unknown sender', () => {
  it('waits once, and is known then, also after a restart', async () => {
    await using folder = await tempFolder();
    const clock = new ManualClock();
    const config = { file: join(folder.path, 'greylist.jsonl') };
    {
      await using host = await testGateway([plugin('greylist', greylist(clock), config), everybody]);
      expect(await send(host.port)).toMatch(/^451.4\.7\.1/);
      clock.advance(4 * minute);
      expect(await send(host.port)).toMatch(/^451.4\.7\.1/);
      clock.advance(minute);
      expect(await send(host.port)).toMatch(/^250/);
    }
    await using host = await testGateway([plugin('greylist', greylist(clock), config), everybody]);
    expect(await send(host.port)).toMatch(/^250/);
    expect(await send(host.port, undefined, ['eve@example.net'])).toMatch(/^250/);
  });
});

describe('scenario 7: who sent it', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const p = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const records = {
    'example.org': { TXT: ['v=spf1 -all'] },
    's1._domainkey.example.org': { TXT: [`v=DKIM1; k=rsa; p=${p}`] },
    '_dmarc.example.org': { TXT: ['v=DMARC1; p=reject'] },
    '_dmarc.aside.example': { TXT: ['v=DMARC1; p=quarantine'] },
    '_dmarc.broken.example': { TXT: 'ESERVFAIL' },
  };
  const mail = (domain: string): string =>
    `From: ada@${domain}\r\nTo: bob@example.net\r\nSubject: Hello\r\n\r\nHello Bob.`;
  const auth = (more: object = {}): OwnPlugin =>
    plugin('auth', mailAuth(), { server: 'gw.example.org', records, ...more });

  it('is proven by a signature, and the proof is written down', async () => {
    await using host = await testGateway([auth(), everybody]);
    const key = { signingDomain: 'example.org', selector: 's1', privateKey: pem };
    const { signatures } = await dkimSign(`${mail('example.org')}\r\n`, { ...key, signatureData: [key] });
    const signed = signatures + mail('example.org');
    const forged = 'Authentication-Results: gw.example.org; spf=pass smtp.mailfrom=forged\r\n';
    expect(await send(host.port, forged + signed)).toMatch(/^250/);
    const { text } = await host.peer.next();
    const unfolded = text.replaceAll(/\r?\n[\t ]/g, ' ');
    expect(unfolded).toMatch(
      /^Authentication-Results: gw\.example\.org; spf=fail .*; dkim=pass header\.d=example\.org .*; dmarc=pass /m,
    );
    expect(text).not.toContain('forged');
    expect(await send(host.port, signed.replace('Hello Bob', 'Hello Eve'))).toMatch(/^550.5\.7\.1/);
  });

  it('is refused or set aside where the domain wants that, and nothing of it is delivered', async () => {
    await using host = await testGateway([auth(), everybody]);
    expect(await send(host.port, mail('example.org'))).toMatch(/^550.5\.7\.1/);
    expect(await send(host.port, mail('aside.example'))).toMatch(/^250/);
    const stored = await readdir(join(host.folder, 'quarantine'), { recursive: true });
    expect(stored.length).toBeGreaterThan(0);
    expect(host.peer.taken).toEqual([]);
  });

  it('waits while the DNS fails, if that is wanted', async () => {
    await using accepting = await testGateway([auth(), everybody]);
    expect(await send(accepting.port, mail('broken.example'))).toMatch(/^250/);
    await using waiting = await testGateway([auth({ onTempError: 'defer' }), everybody]);
    expect(await send(waiting.port, mail('broken.example'))).toMatch(/^451/);
  });
});

describe('scenarios 8 and 9: malware', () => {
  needsTool('clamd', hasClamd);

  it('is refused with the name of what was found, and nothing of it is queued', async () => {
    await using clamd = await startClamd();
    await using host = await testGateway([plugin('clamav', clamav(), { port: clamd.port }), everybody]);
    const refused = /^554.5\.7\.1 Infected with Test\.EICAR/;
    expect(await send(host.port, `Subject: Hello\r\n\r\n${eicar}`)).toMatch(refused);
    const attached = [
      'Subject: Hello',
      'MIME-Version: 1.0',
      'Content-Type: application/octet-stream; name="a.com"',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(eicar).toString('base64'),
    ];
    expect(await send(host.port, attached.join('\r\n'))).toMatch(refused);
    expect(await send(host.port)).toMatch(/^250/);
    await host.peer.next();
    expect(host.peer.taken).toHaveLength(1);
  });

  it('is not looked for in what is longer than clamd takes: scenario 10 refuses that', async () => {
    await using clamd = await startClamd();
    const config = { port: clamd.port, maxSize: streamMaxBytes };
    await using host = await testGateway([plugin('clamav', clamav(), config), everybody]);
    const text = `Subject: Hello\r\n\r\n${'a'
      .repeat(76)
      .concat('\r\n')
      .repeat(streamMaxBytes / 76)}`;
    expect(await send(host.port, text)).toBe('552 5.3.4 Too large to be scanned');
    expect(await send(host.port, text.slice(0, streamMaxBytes / 2))).toMatch(/^250/);
    expect(await readdir(join(host.folder, 'quarantine'))).toEqual([]);
  });

  it('is looked for later while clamd is away, or never where the operator wants that', async () => {
    const clamd = await startClamd();
    const config = { port: clamd.port };
    await using host = await testGateway([plugin('clamav', clamav(), config), everybody]);
    expect(await send(host.port)).toMatch(/^250/);
    await clamd[Symbol.asyncDispose]();
    expect(await send(host.port)).toMatch(/^451.4\.3\.0/);
    await host.gateway.manager.reconfigure('clamav', { onFailure: 'open' });
    expect(await send(host.port)).toMatch(/^250/);
  });

  it('is not looked for behind an open circuit, which closes when clamd is back', async () => {
    const clamd = await startClamd();
    const { port } = clamd;
    const circuitBreaker = { failureThreshold: 2, successThreshold: 1, recoveryTimeoutMs: 100 };
    const scanner = {
      ...plugin('clamav', clamav(), { port }),
      settings: { config: { port }, circuitBreaker },
    };
    const kinds: string[] = [];
    const recovered = own('watcher', { 'error.recovery': ({ kind }) => (kinds.push(kind), proceed()) });
    await using host = await testGateway([scanner, recovered, everybody]);
    const states: string[] = [];
    host.gateway.manager.on('breaker', ({ to }) => states.push(to));
    expect(await send(host.port)).toMatch(/^250/);
    await clamd[Symbol.asyncDispose]();
    expect(await send(host.port)).toMatch(/^451/);
    expect(states).toEqual([]);
    expect(await send(host.port)).toMatch(/^451/);
    expect(states).toEqual(['open']);
    expect(await send(host.port)).toMatch(/^451/);
    await using _ = await startClamd(port);
    await expect.poll(() => send(host.port), { timeout: 10_000 }).toMatch(/^250/);
    expect(states.at(-1)).toBe('closed');
    await expect.poll(() => kinds).toEqual(['circuitOpen']);
  });
});

describe('scenario 11: spam', () => {
  needsTool('rspamd', hasRspamd);

  it('is refused, tagged or given another subject as Rspamd says', { timeout: 90_000 }, async () => {
    await using daemon = await startRspamd();
    await using host = await testGateway([plugin('rspamd', rspamd(), { url: daemon.url }), everybody]);
    expect(await send(host.port, inLines(gtube('X')))).toMatch(/^550.5\.7\.1/);
    expect(await send(host.port, inLines(gtube('Y')))).toMatch(/^250/);
    expect((await host.peer.next()).text).toMatch(/^X-Spam-Flag: YES\r?$/m);
    expect(await send(host.port, inLines(gtube('Z')))).toMatch(/^250/);
    expect((await host.peer.next()).text).toMatch(/^Subject: \*\*\* SPAM \*\*\* Hello\r?$/m);
    expect(await send(host.port, inLines(gtube('A')))).toMatch(/^250/);
    expect((await host.peer.next()).text).toMatch(/^Subject: Hello\r?$/m);
  });

  it('is known by score and symbol to other plugins, and counted', { timeout: 90_000 }, async () => {
    await using daemon = await startRspamd();
    const port = await freePort();
    const known: unknown[] = [];
    const hear = (_: unknown, context: CallContext): Continue => {
      known.push(factsOf<EmailHooks>(context)['content.antispamScan']);
      return proceed();
    };
    await using host = await testGateway([
      plugin('rspamd', rspamd(), { url: daemon.url }),
      plugin('counts', mailMetrics(), { port }),
      own('hears', { 'message.messageComplete': hear, 'transaction.reset': hear }),
      everybody,
    ]);
    expect(await send(host.port, inLines(gtube('X')))).toMatch(/^550/);
    await expect.poll(() => known).toHaveLength(1);
    expect(await send(host.port, inLines(gtube('Y')))).toMatch(/^250/);
    await expect.poll(() => known).toHaveLength(3);
    const of = (score: number): object => ({ score, symbols: [{ name: 'GTUBE' }] });
    expect(known).toMatchObject([of(15), of(6), of(6)]);
    const page = async (): Promise<Scrape> =>
      samplesOf(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
    await expect.poll(async () => sumOf(await page(), 'mail_spam_score_count')).toBe(2);
    const scraped = await page();
    expect(sumOf(scraped, 'mail_spam_symbols_total', { symbol: 'GTUBE' })).toBe(2);
    expect(sumOf(scraped, 'mail_spam_score_sum')).toBe(21);
    expect(sumOf(scraped, 'mail_spam_score_bucket', { le: '10' })).toBe(1);
    expect(sumOf(scraped, 'mail_spam_score_bucket', { le: '15' })).toBe(2);
  });
});
