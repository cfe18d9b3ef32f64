import { generateKeyPairSync } from 'node:crypto';
import { sealMessage } from 'mailauth/lib/arc/index.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { openScope, type PluginManager } from 'plugboard';
import {
  applyHeaderOps,
  headerChanges,
  mailAddr,
  type DmarcAnswer,
  type EmailHooks,
  type Header,
  type MessageRef,
  type SpfAnswer,
} from 'plugboard/email';
import { dkimSign } from '../../../../examples/mail-gateway/plugins/dkim-sign.ts';
import { mailAuth } from '../../../../examples/mail-gateway/plugins/mail-auth/plugin.ts';
import { requests } from '../../../email/samples.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { from, hostOf, messageIn } from './mail-host.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const p = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
const key = { TXT: [`v=DKIM1; k=rsa; p=${p}`] };

const records = {
  'example.org': { TXT: ['v=spf1 ip4:192.0.2.0/24 -all'] },
  'soft.example': { TXT: ['v=spf1 ~all'] },
  'broken.example': { TXT: 'ESERVFAIL' },
  '_dmarc.broken.example': { TXT: 'ESERVFAIL' },
  's1._domainkey.example.org': key,
  'arc._domainkey.list.example': key,
  '_dmarc.example.org': { TXT: ['v=DMARC1; p=reject'] },
  '_dmarc.aside.example': { TXT: ['v=DMARC1; p=quarantine'] },
  '_dmarc.lax.example': { TXT: ['v=DMARC1; p=none'] },
};
const config = { server: 'mx.test', records };

const plain = [
  'From: Ada <ada@example.org>',
  'To: bob@example.net',
  'Subject: Hello',
  'Date: Tue, 1 Jan 2030 00:00:00 +0000',
  'Message-ID: <1@example.org>',
  '',
  'Hello Bob.',
  '',
].join('\r\n');

/** What dkim-sign adds to a message. */
async function signed(text: string): Promise<string> {
  await using folder = await tempFolder();
  const keyFile = await folder.write('key.pem', pem, 0o600);
  await using host = await hostOf(dkimSign(), { keys: [{ domain: 'example.org', selector: 's1', keyFile }] });
  const request = {
    ...requests['delivery.preDelivery'],
    message: await messageIn(folder, Buffer.from(text)),
    headers: [['From', 'Ada <ada@example.org>'] as const],
  };
  const changes = headerChanges(await host.manager.run('delivery.preDelivery', request));
  return changes.map((op) => `${op.name}: ${'value' in op ? op.value : ''}\r\n`).join('') + text;
}

let signedMessage: string;
beforeAll(async () => {
  signedMessage = await signed(plain);
});

const { session } = from('192.0.2.7');

async function spfOf(
  manager: PluginManager<EmailHooks>,
  sender: string,
  ip: string,
  helo = 'client.example',
): Promise<SpfAnswer> {
  const request = { ...requests['authn.spfCheck'], session, sender: mailAddr(sender), ip, helo };
  return (await manager.run('authn.spfCheck', request)).answer;
}

describe('SPF', () => {
  it.each([
    ['pass', 'ada@example.org', '192.0.2.7'],
    ['fail', 'ada@example.org', '198.51.100.1'],
    ['softfail', 'ada@soft.example', '192.0.2.7'],
    ['none', 'ada@nowhere.example', '192.0.2.7'],
    ['temperror', 'ada@broken.example', '192.0.2.7'],
  ])('is %s for %s from %s', async (result, sender, ip) => {
    await using host = await hostOf(mailAuth(), config);
    expect(await spfOf(host.manager, sender, ip)).toMatchObject({ action: 'continue', spf: { result } });
  });

  it('of a null sender is that of its HELO name', async () => {
    await using host = await hostOf(mailAuth(), config);
    expect(await spfOf(host.manager, '', '192.0.2.7', 'example.org')).toMatchObject({
      spf: { result: 'pass', domain: 'example.org' },
    });
  });
});

describe('DKIM', () => {
  const verified = async (text: string): Promise<unknown> => {
    await using folder = await tempFolder();
    await using host = await hostOf(mailAuth(), config);
    const request = { ...requests['authn.dkimVerify'], message: await messageIn(folder, Buffer.from(text)) };
    return (await host.manager.run('authn.dkimVerify', request)).answer;
  };

  it('passes what dkim-sign has signed', async () => {
    expect(await verified(signedMessage)).toMatchObject({
      dkim: {
        signatures: [{ result: 'pass', domain: 'example.org', selector: 's1', algorithm: 'rsa-sha256' }],
      },
    });
  });

  it('sees a changed body and a changed header, and that nobody signed', async () => {
    const changedBody = await verified(signedMessage.replace('Hello Bob', 'Hello Eve'));
    expect(changedBody).toMatchObject({
      dkim: { signatures: [{ result: 'neutral', comment: 'body hash did not verify' }] },
    });
    const changedHeader = await verified(signedMessage.replace('Subject: Hello', 'Subject: Bye'));
    expect(changedHeader).toMatchObject({ dkim: { signatures: [{ result: 'fail' }] } });
    expect(await verified(plain)).toMatchObject({ dkim: { signatures: [{ result: 'none' }] } });
  });

  it('is signed for the domain of From alone', async () => {
    await using folder = await tempFolder();
    const keyFile = await folder.write('key.pem', pem, 0o600);
    await using host = await hostOf(dkimSign(), {
      keys: [{ domain: 'example.org', selector: 's1', keyFile }],
    });
    const request = {
      ...requests['delivery.preDelivery'],
      message: await messageIn(folder, Buffer.from(plain)),
      headers: [['From', 'eve@sub.example.org'] as const],
    };
    expect(await host.manager.run('delivery.preDelivery', request)).toMatchObject({
      answer: { action: 'continue' },
      modifications: [],
    });
  });
});

describe('DMARC', () => {
  const judged = async (
    fromDomain: string,
    about: Partial<(typeof requests)['authn.dmarcCheck']> = {},
    settings: object = {},
  ): Promise<DmarcAnswer> => {
    await using host = await hostOf(mailAuth(), { ...config, ...settings });
    const failing = { spf: { result: 'fail' }, dkim: { signatures: [] }, arc: undefined } as const;
    const request = { ...requests['authn.dmarcCheck'], ...failing, fromDomain, ...about };
    return (await host.manager.run('authn.dmarcCheck', request)).answer;
  };

  it('does what the domain wants: refuses, sets aside, or only says', async () => {
    expect(await judged('example.org')).toMatchObject({
      action: 'reject',
      code: 550,
      enhanced: '5.7.1',
      dmarc: { result: 'fail', policy: 'reject', alignment: { spf: false, dkim: false } },
    });
    expect(await judged('aside.example')).toMatchObject({
      action: 'quarantine',
      dmarc: { policy: 'quarantine' },
    });
    expect(await judged('lax.example')).toMatchObject({ action: 'continue', dmarc: { result: 'fail' } });
    expect(await judged('example.org', {}, { enforce: false })).toMatchObject({
      action: 'continue',
      dmarc: { result: 'fail' },
    });
    expect(await judged('nowhere.example')).toMatchObject({ action: 'continue', dmarc: { result: 'none' } });
  });

  it('passes by an aligned SPF or DKIM, and not by another domain that passes', async () => {
    const spf = { result: 'pass', domain: 'example.org' } as const;
    expect(await judged('example.org', { spf })).toMatchObject({
      dmarc: { result: 'pass', alignment: { spf: true, dkim: false } },
    });
    const dkim = { signatures: [{ result: 'pass', domain: 'mail.example.org' }] } as const;
    expect(await judged('example.org', { dkim })).toMatchObject({
      dmarc: { result: 'pass', alignment: { spf: false, dkim: true } },
    });
    expect(await judged('example.org', { spf: { result: 'pass', domain: 'evil.example' } })).toMatchObject({
      action: 'reject',
    });
  });

  it('waits or passes while the DNS fails, as configured', async () => {
    expect(await judged('broken.example')).toMatchObject({
      action: 'continue',
      dmarc: { result: 'temperror' },
    });
    expect(await judged('broken.example', {}, { onTempError: 'defer' })).toMatchObject({
      action: 'defer',
      code: 451,
    });
  });
});

describe('ARC', () => {
  /** A message whose signature broke on a list, which says that it passed there. */
  const passedOn = async (dmarc: 'pass' | 'fail' = 'pass'): Promise<Buffer> => {
    const changed = Buffer.from(signedMessage.replace('Subject: Hello', 'Subject: [list] Hello'));
    const seal = {
      signingDomain: 'list.example',
      selector: 'arc',
      privateKey: pem,
      cv: 'none',
      authResults: `list.example; dmarc=${dmarc} header.from=example.org`,
    };
    return Buffer.concat([await sealMessage(changed, seal), changed]);
  };

  const verdictOn = async (bytes: Buffer, trustedSealers: readonly string[]): Promise<DmarcAnswer> => {
    await using folder = await tempFolder();
    await using host = await hostOf(mailAuth(), { ...config, trustedSealers });
    const message = await messageIn(folder, bytes);
    const { answer } = await host.manager.run('authn.arcVerify', { ...requests['authn.arcVerify'], message });
    expect(answer.arc).toMatchObject({ result: 'pass', instances: 1, sealers: ['list.example'] });
    const failing = { spf: { result: 'fail' }, dkim: { signatures: [] } } as const;
    const request = {
      ...requests['authn.dmarcCheck'],
      ...failing,
      fromDomain: 'example.org',
      arc: answer.arc,
    };
    return (await host.manager.run('authn.dmarcCheck', request)).answer;
  };

  it('of a trusted list stands against the policy of the domain, if the message passed there', async () => {
    expect(await verdictOn(await passedOn(), ['list.example'])).toMatchObject({
      action: 'continue',
      dmarc: { result: 'fail', override: 'trusted ARC chain' },
    });
    expect(await verdictOn(await passedOn('fail'), ['list.example'])).toMatchObject({ action: 'reject' });
    expect(await verdictOn(await passedOn(), ['other.example'])).toMatchObject({ action: 'reject' });
  });

  it('fails when the message was changed after the seal, and is none without one', async () => {
    await using folder = await tempFolder();
    await using host = await hostOf(mailAuth(), config);
    const arcOf = async (message: MessageRef): Promise<unknown> =>
      (await host.manager.run('authn.arcVerify', { ...requests['authn.arcVerify'], message })).answer.arc;
    const changed = (await passedOn()).toString().replace('Hello Bob', 'Hello Eve');
    expect(await arcOf(await messageIn(folder, Buffer.from(changed)))).toMatchObject({ result: 'fail' });
    expect(await arcOf(await messageIn(folder, Buffer.from(plain)))).toMatchObject({
      result: 'none',
      instances: 0,
    });
  });
});

describe('Authentication-Results', () => {
  it('says what was found in this message, and nothing that a sender wrote in the name of this server', async () => {
    await using folder = await tempFolder();
    await using host = await hostOf(mailAuth(), config);
    const message = await messageIn(folder, Buffer.from(signedMessage));
    const within = openScope('transaction', openScope('session'));
    const { manager } = host;
    const spf = await manager.run(
      'authn.spfCheck',
      { ...requests['authn.spfCheck'], sender: mailAddr('ada@example.org'), ip: '192.0.2.7' },
      { within },
    );
    const dkim = await manager.run(
      'authn.dkimVerify',
      { ...requests['authn.dkimVerify'], message },
      { within },
    );
    await manager.run(
      'authn.dmarcCheck',
      {
        ...requests['authn.dmarcCheck'],
        spf: spf.answer.spf ?? { result: 'none' },
        dkim: dkim.answer.dkim ?? { signatures: [] },
        fromDomain: 'example.org',
      },
      { within },
    );
    const headers: readonly Header[] = [
      ['Authentication-Results', 'MX.test; spf=pass smtp.mailfrom=forged'],
      ['authentication-results', 'other.test; spf=pass'],
      ['Authentication-Results', 'mx.test 1; dkim=pass'],
      ['Subject', 'Hello'],
    ];
    const complete = { ...requests['message.messageComplete'], message, headers };
    const verdict = await manager.run('message.messageComplete', complete, { within });
    expect(verdict.request.headers).toEqual(applyHeaderOps(headers, headerChanges(verdict)));
    expect(verdict.request.headers).toEqual([
      [
        'Authentication-Results',
        'mx.test;\tspf=pass smtp.mailfrom=example.org;\tdkim=pass header.d=example.org header.s=s1;' +
          '\tdmarc=pass header.from=example.org',
      ],
      ['authentication-results', 'other.test; spf=pass'],
      ['Subject', 'Hello'],
    ]);
  });
});
