import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { definePlugin, type Plugin } from 'plugboard';
import { accept, proceed, reject, type EmailHooks } from 'plugboard/email';
import { z } from 'zod';
import { hotFile, type HotFile } from './hot-file.ts';
import { read } from './settings.ts';

const settingsSchema = z.strictObject({
  /** A line for each user: `ada:` and what `hashPassword` makes. It is read again whenever it changes. */
  file: z.string(),
});

const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;
const keyBytes = 32;

/** What stands in the file for a password: `$scrypt$` with salt and key, made with N = 2^15, r = 8, p = 1. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `$scrypt$${salt.toString('base64url')}$${(await derived(password, salt)).toString('base64url')}`;
}

/** Logs users in by a file of hashes. Of a user that is not there it knows nothing, and takes as long to say so. */
export function authFile(): Plugin<Partial<EmailHooks>> {
  let users: HotFile<ReadonlyMap<string, Hash>> | undefined;
  return definePlugin<EmailHooks>({
    name: 'auth-file',
    version: '1.0.0',
    async initialize({ config, log }) {
      users = await hotFile(read(settingsSchema, config).file, parseUsers, log);
    },
    close: () => users?.close(),
    hooks: {
      async 'command.auth'({ mechanism, username, password }) {
        if (mechanism !== 'PLAIN' && mechanism !== 'LOGIN') return proceed();
        const hash = users?.content.get(username);
        const isRight = await fits(password, hash ?? nobody);
        if (hash === undefined) return proceed();
        return isRight ? accept({ identity: username }) : reject({});
      },
    },
  });
}

interface Hash {
  readonly salt: Buffer;
  readonly key: Buffer;
}

const nobody: Hash = { salt: Buffer.alloc(16), key: Buffer.alloc(keyBytes) };

/** @throws {Error} that names the line, and nothing that stands in it. */
function parseUsers(text: string): ReadonlyMap<string, Hash> {
  const users = new Map<string, Hash>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, user, salt, key] = /^([^:]{1,200}):\$scrypt\$([\w-]{22})\$([\w-]{43})\s*$/.exec(line) ?? [];
    if (user === undefined || salt === undefined || key === undefined)
      throw new Error(`line ${index + 1} is not a user, a colon and a hash made by hashPassword`);
    users.set(user, { salt: Buffer.from(salt, 'base64url'), key: Buffer.from(key, 'base64url') });
  }
  return users;
}

async function fits(password: string, { salt, key }: Hash): Promise<boolean> {
  return timingSafeEqual(await derived(password, salt), key);
}

function derived(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, fail) => {
    const done = (error: Error | null, key: Buffer): void => (error === null ? resolve(key) : fail(error));
    // Unicode has several ways to write a password (RFC 8265).
    scrypt(password.normalize('NFC'), salt, keyBytes, cost, done);
  });
}
