import { rename, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { mailAddr } from 'plugboard/email';
import { accessList } from '../../../../examples/mail-gateway/plugins/access-list/plugin.ts';
import { parseRules, ruleFor } from '../../../../examples/mail-gateway/plugins/access-list/rules.ts';
import { requests } from '../../../email/samples.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { from, hostOf } from './mail-host.ts';

const list = `
# first comes first
allow 192.0.2.7
deny 192.0.2.0/24   # the rest of this network
deny 2001:db8::/32
allow friend@bad.example
deny bad.example
deny *@*.spam.example
deny news*@lists.*
`;

describe('a rule of an access list', () => {
  const rules = parseRules(list);
  const forIp = (ip: string): string | undefined => ruleFor(rules, { ip })?.action;
  const forAddress = (address: string): string | undefined => ruleFor(rules, { address })?.action;

  it('is about an address or a network, for IPv4 also in the clothes of IPv6', () => {
    expect(forIp('192.0.2.7')).toBe('allow');
    expect(forIp('192.0.2.8')).toBe('deny');
    expect(forIp('::ffff:192.0.2.8')).toBe('deny');
    expect(forIp('2001:db8:1::1')).toBe('deny');
    expect(forIp('2001:db9::1')).toBeUndefined();
    expect(forIp('198.51.100.1')).toBeUndefined();
  });

  it('is about an address, a domain with all below it, or a pattern', () => {
    expect(forAddress('friend@bad.example')).toBe('allow');
    expect(forAddress('foe@bad.example')).toBe('deny');
    expect(forAddress('foe@sub.bad.example')).toBe('deny');
    expect(forAddress('foe@notbad.example')).toBeUndefined();
    expect(forAddress('a@b.spam.example')).toBe('deny');
    expect(forAddress('a@spam.example')).toBeUndefined();
    expect(forAddress('newsletter@lists.example')).toBe('deny');
    expect(forAddress('')).toBeUndefined();
  });

  it('with many stars is judged in the order of its pieces', () => {
    const [rule] = parseRules('deny a*b*a');
    expect(rule?.matches({ address: 'aba' })).toBe(true);
    expect(rule?.matches({ address: 'aa' })).toBe(false);
    expect(rule?.matches({ address: 'ab' })).toBe(false);
    expect(parseRules(`deny ${'*a'.repeat(5000)}`)[0]?.matches({ address: 'b'.repeat(10_000) })).toBe(false);
  });

  it.each(['permit 192.0.2.1', 'deny', 'deny 192.0.2.0/33', 'deny a/b', 'deny 2001:db8::/x', 'deny a b'])(
    'is not %j',
    (line) => expect(() => parseRules(`# rules\n${line}`)).toThrow('line 2 is no rule'),
  );
});

describe('access-list', () => {
  it('refuses clients and senders that are denied, and spares those who are allowed every limit', async () => {
    await using folder = await tempFolder();
    await using host = await hostOf(accessList(), { file: await folder.write('list', list) });
    const { manager } = host;
    const connect = async (ip: string): Promise<unknown> =>
      (await manager.run('connection.connect', { ...from(ip), activeFromIp: 1, activeTotal: 1 })).answer;
    expect(await connect('192.0.2.8')).toMatchObject({ action: 'reject', code: 554, enhanced: '5.7.1' });
    expect(await connect('2001:db8::25')).toMatchObject({ action: 'reject' });
    expect(await connect('192.0.2.7')).toEqual({ action: 'accept' });
    expect(await connect('198.51.100.1')).toEqual({ action: 'continue' });
    const mail = { ...requests['transaction.mailFrom'], sender: mailAddr('Foe@BAD.example') };
    expect(await manager.run('transaction.mailFrom', mail)).toMatchObject({ answer: { action: 'reject' } });
    const check = { ...requests['security.rateLimitCheck'], ...from('192.0.2.7') };
    expect(await manager.run('security.rateLimitCheck', check)).toMatchObject({
      answer: { action: 'accept' },
    });
  });

  it('follows its file, also when it is replaced, and keeps to what it knows when the file is wrong', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('list', 'deny 192.0.2.1\n');
    await using host = await hostOf(accessList(), { file });
    const actions = (): string => {
      const asked = ['192.0.2.1', '192.0.2.2'].map((ip) =>
        host.manager.run('connection.connect', { ...from(ip), activeFromIp: 1, activeTotal: 1 }),
      );
      return asked.map((verdict) => ('answer' in verdict ? verdict.answer.action : 'later')).join(' ');
    };
    expect(actions()).toBe('reject continue');
    await rename(await folder.write('next', 'deny 192.0.2.2\n'), file);
    await expect.poll(actions, { timeout: 10_000 }).toBe('continue reject');
    await writeFile(file, 'deny 192.0.2.1\nnonsense\n');
    await writeFile(file, 'deny 192.0.2.1\nallow 192.0.2.2\n');
    await expect.poll(actions, { timeout: 10_000 }).toBe('reject accept');
  });

  it('does not start without its file, or with a wrong one', async () => {
    await using folder = await tempFolder();
    await expect(hostOf(accessList(), { file: `${folder.path}/none` })).rejects.toThrow('ENOENT');
    const file = await folder.write('list', 'nonsense');
    await expect(hostOf(accessList(), { file })).rejects.toThrow('line 1 is no rule');
  });
});
