import { PluginError } from '../../src/core/errors.ts';
import type { Message } from './messages.ts';

/** A message as text with the bytes that follow its line. */
export interface Encoded {
  /** One line of JSON, without its end. */
  readonly text: string;
  readonly attachments: readonly Uint8Array[];
}

/** Deeper data is refused at both ends: it is an attack or a cycle, and many tools overflow on it. */
export const maxDepth = 500;

const none: readonly Uint8Array[] = [];

/**
 * A message as JSON-RPC text. Bytes inside it are put beside the envelope, or become base64 where the
 * other end cannot take them so.
 * @throws {PluginError} `RPC_2005` for what JSON cannot hold: cycles, bigint, depth over 500.
 */
export function encode(message: Message, withAttachments: boolean): Encoded {
  if (!needsMarks(message, 0)) return { text: stringify(message, '{"jsonrpc":"2.0",'), attachments: none };
  const attachments: Uint8Array[] = [];
  const marked = mark(message, withAttachments ? attachments : undefined) as object;
  const lengths = attachments.map((bytes) => bytes.byteLength);
  const head = lengths.length === 0 ? '{"jsonrpc":"2.0",' : `{"jsonrpc":"2.0","bytes":[${lengths.join()}],`;
  return { text: stringify(marked, head), attachments };
}

function stringify(message: object, head: string): string {
  try {
    return head + JSON.stringify(message).slice(1);
  } catch (cause) {
    throw unserialisable(cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '', cause);
  }
}

function unserialisable(why: string, cause?: unknown): PluginError {
  const message = `the message cannot be written as JSON: ${why}. Send plain data: objects, arrays, strings, numbers, Uint8Array.`;
  return new PluginError('RPC_2005', { message, cause });
}

/** Most messages hold no bytes; this walk is several times cheaper than a replacer for JSON.stringify. */
function needsMarks(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth > maxDepth) throw unserialisable(`it is nested deeper than ${maxDepth} or contains itself`);
  if (value instanceof Uint8Array) return true;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item === 'object' && needsMarks(item, depth + 1)) return true;
    }
    return false;
  }
  for (const key in value) {
    if (isMark(key)) return true;
    const inner: unknown = (value as Record<string, unknown>)[key];
    if (typeof inner === 'object' && needsMarks(inner, depth + 1)) return true;
  }
  return false;
}

/** `$bytes`, and every escape of it: `$$bytes`, `$$$bytes`, … */
function isMark(key: string): boolean {
  return key.charCodeAt(0) === 36 && /^\$+bytes$/.test(key);
}

function mark(value: unknown, attachments: Uint8Array[] | undefined, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) throw unserialisable(`it is nested deeper than ${maxDepth} or contains itself`);
  if (value instanceof Uint8Array) return markBytes(value, attachments);
  if (Array.isArray(value)) return value.map((item) => mark(item, attachments, depth + 1));
  if ('toJSON' in value && typeof value.toJSON === 'function') return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const inner = mark((value as Record<string, unknown>)[key], attachments, depth + 1);
    define(copy, isMark(key) ? `$${key}` : key, inner);
  }
  return copy;
}

function markBytes(bytes: Uint8Array, attachments: Uint8Array[] | undefined): unknown {
  if (attachments === undefined) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  }
  return { $bytes: attachments.push(bytes) - 1 };
}

/** Plain assignment of `__proto__` would change the object's prototype. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') return;
  target[key] = value;
}
