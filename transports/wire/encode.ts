import { messageOf, PluginError } from '../../src/core/errors.ts';
import type { Message } from './messages.ts';

/** A message as text with the bytes that follow its line. */
export interface Encoded {
  /** One line of JSON, without its end. */
  readonly text: string;
  readonly attachments: readonly Uint8Array[];
}

/** Deeper data is refused at both ends: it is an attack or a cycle, and many tools overflow on it. */
export const maxDepth = 500;

/** Their lengths stand in front of the payload, where they are found even in a line that is dropped. */
export const maxAttachments = 1000;

const none: readonly Uint8Array[] = [];

/**
 * A message as JSON-RPC text. Bytes inside it are put beside the envelope, or become base64 where the
 * other end cannot take them so.
 * @throws {PluginError} `RPC_2005` for what JSON cannot hold: cycles, bigint, functions, depth over 500.
 */
export function encode(message: Message, withAttachments: boolean): Encoded {
  try {
    return encoded(message, withAttachments);
  } catch (cause) {
    // Cycles and bigints throw in JSON.stringify, a getter of the request's own wherever it is read.
    throw cause instanceof PluginError
      ? cause
      : unserialisable(messageOf(cause).split('\\u000a', 1)[0] ?? '', cause);
  }
}

function encoded(message: Message, withAttachments: boolean): Encoded {
  if (!holdsBytes(message, 0)) {
    const text = lineOf(message);
    // Most messages do not have the word that marks are made of, so that no key need be looked at.
    if (!withAttachments || !text.includes('$bytes')) return { text, attachments: none };
  } else if (!withAttachments) return { text: lineOf(mark(message, base64) as object), attachments: none };
  const attachments: Uint8Array[] = [];
  const marked = mark(message, {
    bytes: (bytes) => ({ $bytes: attachments.push(bytes) - 1 }),
    key: escaped,
  }) as object;
  if (attachments.length > maxAttachments)
    throw unserialisable(`it holds more than ${maxAttachments} Uint8Arrays; join them`);
  if (attachments.length === 0) return { text: lineOf(marked), attachments: none };
  return { text: lineOf({ bytes: attachments.map((bytes) => bytes.byteLength), ...marked }), attachments };
}

function lineOf(message: object): string {
  return JSON.stringify({ jsonrpc: '2.0', ...message });
}

function unserialisable(why: string, cause?: unknown): PluginError {
  const message = `the message cannot be written as JSON: ${why}. Send plain data: objects, arrays, strings, numbers, Uint8Array.`;
  return new PluginError('RPC_2005', { message, cause });
}

/**
 * Most messages hold no bytes; this walk is several times cheaper than a replacer for JSON.stringify.
 * It goes on where it found some, because a function further on must not be dropped silently.
 */
function holdsBytes(value: object, depth: number): boolean {
  if (depth >= maxDepth) throw tooDeep();
  if (Array.isArray(value)) return someHoldBytes(value, depth + 1);
  if (value instanceof Uint8Array) return true;
  if ('toJSON' in value && typeof value.toJSON === 'function') return false;
  let found = false;
  for (const key in value) {
    const inner: unknown = (value as Record<string, unknown>)[key];
    if (isPlain(inner)) continue;
    if (holdsBytes(inner, depth + 1)) found = true;
  }
  return found;
}

/** By index: an iterator takes several times as long over numbers. */
function someHoldBytes(items: readonly unknown[], depth: number): boolean {
  let found = false;
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    if (isPlain(item)) continue;
    if (holdsBytes(item, depth)) found = true;
  }
  return found;
}

/** Whether a value holds nothing; the tests stand in the order in which they hit. */
function isPlain(value: unknown): value is null | undefined | string | number | boolean | bigint {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return true;
  if (typeof value === 'object') return false;
  if (typeof value === 'function' || typeof value === 'symbol')
    throw unserialisable(`it holds a ${typeof value}`);
  return true;
}

function tooDeep(): PluginError {
  return unserialisable(`it is nested deeper than ${maxDepth} or contains itself`);
}

/** `$bytes`, and every escape of it: `$$bytes`, `$$$bytes`, … */
function isMark(key: string): boolean {
  return key.charCodeAt(0) === 36 && /^\$+bytes$/.test(key);
}

function escaped(key: string): string {
  return isMark(key) ? `$${key}` : key;
}

/** How bytes and keys are written. */
interface Marks {
  bytes(bytes: Uint8Array): unknown;
  key(key: string): string;
}

/** For an end that knows no marks: nothing it reads as its own words is changed. */
const base64: Marks = {
  bytes: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  key: (key) => key,
};

function mark(value: unknown, marks: Marks, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) throw tooDeep();
  if (value instanceof Uint8Array) return marks.bytes(value);
  if (Array.isArray(value)) return value.map((item) => mark(item, marks, depth + 1));
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return mark(Reflect.apply(value.toJSON, value, ['']), marks, depth + 1);
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (key === '__proto__') continue; // an assignment of it would change the copy's prototype
    copy[marks.key(key)] = mark((value as Record<string, unknown>)[key], marks, depth + 1);
  }
  return copy;
}
