import { createPublicKey, createSecretKey, createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { checkText } from '../../src/core/check-given.ts';
import { auditError, auditFailure } from './audit-error.ts';
import { isSignedBy, readCheckpoint, type AuditCheckpoint } from './checkpoint.ts';
import { openForReading } from './open-log-file.ts';
import { linesOfFile } from './read-lines.ts';

/** The signed checkpoints of a file, by `seq`; or the first line that is none. */
export type ReadCheckpoints =
  | { readonly kind: 'checkpoints'; readonly checkpoints: readonly AuditCheckpoint[] }
  | { readonly kind: 'bad'; readonly line: number; readonly reason: string };

/** Reads checkpoints and checks their signatures; each must be of this key. */
export async function readCheckpoints(file: string, key: KeyObject): Promise<ReadCheckpoints> {
  const { handle } = await openForReading(file).catch((error: unknown) => {
    throw auditFailure('read with checkpoints', file, error);
  });
  const checkpoints: AuditCheckpoint[] = [];
  try {
    for await (const { text, line, state } of linesOfFile(handle, file)) {
      if (state === 'cut') break; // one whose writing was cut off; the next host writes behind it
      const checkpoint = state === 'whole' ? readCheckpoint(text) : undefined;
      if (checkpoint === undefined) return { kind: 'bad', line, reason: 'it is no checkpoint' };
      if (!isSignedBy(checkpoint, key))
        return { kind: 'bad', line, reason: 'it is not signed with this key' };
      checkpoints.push(checkpoint);
    }
  } finally {
    await handle.close();
  }
  return { kind: 'checkpoints', checkpoints: checkpoints.toSorted((one, other) => one.seq - other.seq) };
}

/**
 * Reads the key of checkpoints from a file: an ed25519 key as PEM (the public half is enough to verify), or else a
 * secret of 16 bytes or more, without the line's end.
 * @throws {PluginError} `SECURITY_1806` when it cannot be read or is no key.
 */
export async function auditKey(file: string): Promise<KeyObject> {
  checkText(file, 'the file of auditKey', 'Give the path of a key.');
  const bytes = await readFile(file).catch((error: unknown) => {
    throw auditFailure('used with this key', file, error);
  });
  const text = bytes.toString('latin1');
  try {
    if (text.includes('PRIVATE KEY-----')) return createPrivateKey(bytes);
    if (text.includes('PUBLIC KEY-----')) return createPublicKey(bytes);
  } catch (error) {
    throw auditError(
      `${file} holds no key that can be read. Make one with \`openssl genpkey -algorithm ed25519\`.`,
      error,
    );
  }
  return createSecretKey(Buffer.from(text.replace(/\r?\n$/, ''), 'latin1'));
}
