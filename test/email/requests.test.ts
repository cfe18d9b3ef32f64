import { describe, expect, it } from 'vitest';
import { documentNames, emailHooks, mailAddr } from 'plugboard/email';
import { check, names } from './check.ts';
import { message, requests, session } from './samples.ts';

describe('the hooks of a mail server', () => {
  it('are the 31 of the documents, and two more', () => {
    expect(names).toHaveLength(33);
    expect(names.filter((name) => !Object.hasOwn(documentNames, name))).toEqual([
      'transaction.reset',
      'authn.arcVerify',
    ]);
    expect(Object.values(documentNames).every((name) => /^On[A-Z]/.test(name))).toBe(true);
  });

  it('are of 11 areas', () => {
    const areas = new Set(names.map((name) => name.split('.')[0]));
    expect([...areas]).toEqual([
      'connection',
      'command',
      'transaction',
      'message',
      'queue',
      'delivery',
      'security',
      'content',
      'authn',
      'metrics',
      'error',
    ]);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(emailHooks)).toBe(true);
    expect(Object.isFrozen(emailHooks['command.auth'])).toBe(true);
  });
});

describe('the request of', () => {
  it.each(names)('%s passes its schema with every field, and comes out as it went in', async (name) => {
    expect(await check(name, 'request', requests[name])).toEqual({ value: requests[name], issues: [] });
  });

  it.each(names)('%s is refused without any of its fields', async (name) => {
    expect((await check(name, 'request', {})).issues).not.toEqual([]);
  });
});

describe('a request', () => {
  const { 'connection.connect': connect, 'content.antispamScan': scan } = requests;

  it.each([
    ['an address that is none', { ...session, remote: { ...session.remote, ip: '[::1]' } }],
    ['a port that is none', { ...session, remote: { ...session.remote, port: 70_000 } }],
    ['no id', { ...session, id: '' }],
    ['a second line in a user name', { ...session, auth: { user: 'ada\r\n250 OK', mechanism: 'PLAIN' } }],
  ])('is refused with %s', async (_what, wrong) => {
    expect(
      (await check('connection.connect', 'request', { ...connect, session: wrong })).issues,
    ).toHaveLength(1);
  });

  it('is refused with a message at a relative path, or of a negative size', async () => {
    const of = async (wrong: object): Promise<readonly string[]> =>
      (await check('content.antispamScan', 'request', { ...scan, message: { ...message, ...wrong } })).issues;
    expect(await of({ file: '../etc/passwd' })).toEqual(['message.file: must be an absolute path']);
    expect(await of({ size: -1 })).toHaveLength(1);
    expect(await of({ file: undefined, sha256: undefined })).toEqual([]);
  });
});

describe('mailAddr', () => {
  it('parts an address at its last @, and leaves the case of the local part alone', () => {
    expect(mailAddr('"a@b"@Example.ORG')).toEqual({
      address: '"a@b"@Example.ORG',
      local: '"a@b"',
      domain: 'example.org',
    });
    expect(mailAddr('')).toEqual({ address: '', local: '', domain: '' });
    expect(mailAddr('postmaster', { NOTIFY: 'NEVER' })).toEqual({
      address: 'postmaster',
      local: 'postmaster',
      domain: '',
      params: { NOTIFY: 'NEVER' },
    });
  });
});
