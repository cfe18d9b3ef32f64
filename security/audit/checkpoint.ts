import {
  createHash,
  createHmac,
  createPublicKey,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';

import { z } from 'zod';

import { auditError } from './audit-error.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What every line of a file of checkpoints is. */
const checkpointSchema: z.ZodType<AuditCheckpoint> = z.strictObject({
  v: z.literal(1),
  seq: z.int().nonnegative(),
  hash: sha256,
  time: z.iso.datetime({ precision: 3 }),
  algorithm: z.enum(['hmac-sha256', 'ed25519']),
  key: z.string().max(64),
  signature: z.string().max(200),
});

/** Who holds the key says: at this time the log had this record, and so all before it. */
export interface AuditCheckpoint {
  readonly v: 1;
  /** The last record at that time, and its hash. */
  readonly seq: number;
  readonly hash: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string;
  readonly algorithm: 'hmac-sha256' | 'ed25519';
  /** Which key: the beginning of its SHA-256, of an ed25519 key its public half; not a secret. */
  readonly key: string;
  /** Base64, over the JSON of all members before it, in this order. */
  readonly signature: string;
}

/** What is signed. */
export type CheckpointFacts = Pick<AuditCheckpoint, 'seq' | 'hash' | 'time'>;

/**
 * Signs with a secret key (HMAC-SHA256) or an ed25519 private key.
 * @throws {PluginError} `SECURITY_1806` for a key of another kind.
 */
export function signCheckpoint({ seq, hash, time }: CheckpointFacts, key: KeyObject): AuditCheckpoint {
  const algorithm = algorithmOf(key);
  if (key.type === 'public') {
    throw auditError('checkpoints cannot be signed with a public key. Give the private one to the host.');
  }
  const unsigned = { v: 1, seq, hash, time, algorithm, key: keyName(key) } as const;
  const text = Buffer.from(JSON.stringify(unsigned));
  const signature = algorithm === 'ed25519' ? sign(null, text, key) : hmac(text, key);
  return { ...unsigned, signature: signature.toString('base64') };
}

/** Whether whoever holds the key signed this. */
export function isSignedBy({ signature, ...unsigned }: AuditCheckpoint, key: KeyObject): boolean {
  if (unsigned.algorithm !== algorithmOf(key)) return false;
  const { v, seq, hash, time, algorithm, key: name } = unsigned;
  const text = Buffer.from(JSON.stringify({ v, seq, hash, time, algorithm, key: name }));
  const given = Buffer.from(signature, 'base64');
  if (algorithm === 'ed25519') return verify(null, text, publicOf(key), given);
  const expected = hmac(text, key);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** A line of a file of checkpoints; undefined if it is none. */
export function readCheckpoint(line: string): AuditCheckpoint | undefined {
  try {
    return checkpointSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** @throws {PluginError} `SECURITY_1806` unless it is a secret of 16 bytes or more, or of ed25519. */
export function algorithmOf(key: KeyObject): AuditCheckpoint['algorithm'] {
  if (key.type !== 'secret') {
    if (key.asymmetricKeyType === 'ed25519') return 'ed25519';
    throw auditError(
      `checkpoints are signed with ed25519, and this key is of ${String(key.asymmetricKeyType)}. Make one with \`openssl genpkey -algorithm ed25519\`.`,
    );
  }
  if ((key.symmetricKeySize ?? 0) >= 16) return 'hmac-sha256';
  throw auditError(
    'the key of the checkpoints is shorter than 16 bytes. Make one with `openssl rand -hex 32`.',
  );
}

function keyName(key: KeyObject): string {
  const hash = createHash('sha256');
  if (key.type === 'secret')
    return hash.update('plugboard key name:').update(key.export()).digest('hex').slice(0, 16);
  return hash
    .update(publicOf(key).export({ format: 'der', type: 'spki' }))
    .digest('hex')
    .slice(0, 16);
}

function publicOf(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key;
}

function hmac(text: Buffer, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
