import { describe, expect, it } from 'vitest';
import type { AuthRequest } from 'plugboard/email';
import { authFile, hashPassword } from '../../../../examples/mail-gateway/plugins/auth-file.ts';
import { requests } from '../../../email/samples.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { hostOf } from './mail-host.ts';

describe('auth-file', () => {
  it('logs in who knows the password, in any of the ways that Unicode can write it', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('users', `# users\nada:${await hashPassword('pässword')}\n`);
    await using host = await hostOf(authFile(), { file });
    const log = async (about: Partial<AuthRequest>): Promise<unknown> =>
      (await host.manager.run('command.auth', { ...requests['command.auth'], ...about })).answer;
    expect(await log({ password: 'pässword' })).toEqual({ action: 'accept', identity: 'ada' });
    expect(await log({ password: 'pässword'.normalize('NFD') })).toEqual({
      action: 'accept',
      identity: 'ada',
    });
    expect(await log({ password: 'password' })).toEqual({ action: 'reject' });
    expect(await log({ password: '' })).toEqual({ action: 'reject' });
    // Not known here: the host says 535 where nobody knows the user.
    expect(await log({ username: 'eve', password: 'pässword' })).toEqual({ action: 'reject' });
    expect(await log({ mechanism: 'XOAUTH2', password: 'pässword' })).toEqual({ action: 'reject' });
  });

  it('says which line is wrong, and nothing of what stands there', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('users', '\nada:hunter2\n');
    const failed = await hostOf(authFile(), { file }).catch(String);
    expect(failed).toContain('line 2 is not a user, a colon and a hash');
    expect(failed).not.toContain('hunter2');
  });

  it('makes another hash of the same password each time', async () => {
    const [one, two] = [await hashPassword('a'), await hashPassword('a')];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^\$scrypt\$[\w-]{22}\$[\w-]{43}$/);
  });
});
