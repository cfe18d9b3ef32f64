import { isUtf8 } from 'node:buffer';

import { printable } from '../../src/core/printable.ts';
import { maxAttachments, maxDepth } from './encode.ts';
import type { Fault, Incoming } from './messages.ts';

/** One line, understood: a message and the lengths of the bytes that follow it, or what is wrong with it. */
export type Decoded =
  | {
      readonly ok: true;
      readonly message: Incoming;
      readonly lengths: readonly number[];
      readonly marked: boolean;
    }
  | { readonly ok: false; readonly fault: Fault; readonly attachedBytes: number };

/** Up to here deep nonsense costs the parser a fifth of a second at most, and the walk after it is five times cheaper. */
export const longLineBytes: number = 1024 * 1024;

const noLengths: readonly number[] = [];

/** Reads one line of JSON that came from outside. Never throws. Without attachments `bytes` is a word like any other. */
export function decodeLine(line: Buffer, attachments = true): Decoded {
  if (!isUtf8(line)) return refused('invalid-utf8', line);
  // A long line is measured before the parser sees it: deep nonsense of 16 MiB costs it seconds and a gigabyte.
  const isLong = line.length > longLineBytes;
  if (isLong && hasBracketsDeeperThan(line, maxDepth)) return refused('too-deep', line);
  const text = line.toString('utf8');
  const message = parse(text);
  if (message === undefined)
    return refused(hasBracketsDeeperThan(line, maxDepth) ? 'too-deep' : 'malformed', line);
  if (!isLong && isTooDeep(message, text)) return refused('too-deep', line, message);
  const special = mayHoldSpecialKeys(text);
  if (special) dropUnsafeKeys(message);
  const lengths = message['bytes'] === undefined || !attachments ? noLengths : lengthsOf(message['bytes']);
  if (lengths === undefined) return refused('malformed', line);
  return { ok: true, message, lengths, marked: attachments && special };
}

/** The message of a line in which no key is special; undefined if there is anything else to say about it. */
export function decodePlainLine(text: string): Incoming | undefined {
  const message = parse(text);
  return message === undefined || 'bytes' in message || isTooDeep(message, text) ? undefined : message;
}

/**
 * Whether a text may hold keys that reach a prototype, marks for bytes, or one of them behind an escape.
 * The searches stand in the order of their cost; hardly any text gets to the last one.
 */
export function mayHoldSpecialKeys(text: string): boolean {
  if (text.includes('__proto__') || text.includes('$bytes') || text.includes('\\u')) return true;
  return text.includes('ype') && text.includes('"prototype"');
}

function parse(text: string): Incoming | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && !Array.isArray(value) ? (value as Incoming) : undefined;
  } catch {
    return undefined;
  }
}

function refused(kind: Fault['kind'], line: Buffer, message?: Incoming): Decoded {
  const { attachedBytes: guessed, ...origin } = originOf(line);
  const lengths = message?.['bytes'] === undefined ? undefined : lengthsOf(message['bytes']);
  const attachedBytes = lengths?.reduce((sum, length) => sum + length, 0) ?? guessed;
  const preview = printable(line.toString('latin1', 0, 80), 80);
  return { ok: false, fault: { kind, ...origin, preview }, attachedBytes };
}

/** Whose message a line was that could not be read whole, and how many raw bytes follow it. */
export interface Origin extends Pick<Fault, 'id' | 'isQuestion'> {
  readonly attachedBytes: number;
}

/** Room for every length that a message may announce. */
export const firstBytes: number = 16 * 1024;
export const lastBytes = 100;

/** What can be told of a message from its first and last bytes; only what stands around its payload is looked at. */
export function originOf(line: Buffer): Origin {
  const last = line.toString('latin1', Math.max(0, line.length - lastBytes));
  return originIn(line.toString('latin1', 0, firstBytes), last);
}

/** The same for a line of which only both ends were kept. */
export function originIn(first: string, last: string): Origin {
  const head = first.split(/"(?:result|error|params|payload)"/, 1)[0] ?? '';
  const id =
    /"id"\s*:\s*"?(\d{1,15})\b/.exec(head)?.[1] ?? /"id"\s*:\s*"?(\d{1,15})"?\s*\}\s*$/.exec(last)?.[1];
  const isQuestion = head.includes('"method"') || /"method"\s*:\s*"[^"]*"\s*\}\s*$/.test(last);
  return { id: id === undefined ? undefined : Number(id), isQuestion, attachedBytes: attachedIn(head) };
}

/**
 * Bytes after a line that is dropped are dropped too, or a user's data could be read as frames. Infinity where their
 * number cannot be told: then nothing that follows can be believed.
 */
function attachedIn(head: string): number {
  const [, lengths, end] = /"bytes"\s*:\s*\[([\d\s,]*)(\]|$)/.exec(head) ?? [];
  if (lengths === undefined) return 0;
  return end === ']' ? lengths.split(',').reduce((sum, length) => sum + Number(length), 0) : Infinity;
}

function lengthsOf(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value) || value.length > maxAttachments) return undefined;
  return value.every((length) => Number.isSafeInteger(length) && length >= 0)
    ? (value as number[])
    : undefined;
}

/** The parser does not recurse, but most of what is done with its result does. */
function isTooDeep(message: Incoming, text: string): boolean {
  return text.length > 2 * maxDepth && isDeeperThan(message, maxDepth);
}

function isDeeperThan(value: object, levels: number): boolean {
  if (levels === 0) return true;
  if (Array.isArray(value)) return holdsDeeperThan(value, levels - 1);
  for (const key in value) {
    const inner: unknown = (value as Record<string, unknown>)[key];
    if (isObject(inner) && isDeeperThan(inner, levels - 1)) return true;
  }
  return false;
}

/** By index: an iterator takes several times as long over numbers. */
function holdsDeeperThan(items: readonly unknown[], levels: number): boolean {
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    if (isObject(item) && isDeeperThan(item, levels)) return true;
  }
  return false;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Counts brackets outside strings: what is no JSON may still be an attack by depth, and is told as one. */
function hasBracketsDeeperThan(json: Buffer, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === 0x22) at = endOfString(json, at);
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > limit) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}

function endOfString(json: Buffer, start: number): number {
  let at = json.indexOf(0x22, start + 1);
  while (at !== -1 && isEscaped(json, at)) at = json.indexOf(0x22, at + 1);
  return at === -1 ? json.length : at;
}

function isEscaped(json: Buffer, quote: number): boolean {
  let backslashes = 0;
  while (json[quote - 1 - backslashes] === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

/** Removes the keys that would reach a prototype when the object is copied or merged carelessly. */
function dropUnsafeKeys(root: object): void {
  const open: object[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
      if (key === '__proto__' || (key === 'constructor' && reachesPrototype(inner)))
        Reflect.deleteProperty(value, key);
      else if (typeof inner === 'object' && inner !== null) open.push(inner);
    }
  }
}

function reachesPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}

/**
 * Puts the bytes where the marks stand and takes the escapes off.
 * Returns undefined if a mark points at bytes that did not come.
 */
export function reviveBytes(message: Incoming, attachments: readonly Uint8Array[]): Incoming | undefined {
  const open: Record<string, unknown>[] = [{ message }];
  const top = open[0];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    for (const key of Object.keys(value)) {
      const inner = value[key];
      if (typeof inner !== 'object' || inner === null) continue;
      const plain = unmarked(inner as Record<string, unknown>, attachments);
      if (plain === undefined) return undefined;
      if (plain !== inner) value[key] = plain;
      if (!(plain instanceof Uint8Array)) open.push(plain as Record<string, unknown>);
    }
  }
  return top?.['message'] as Incoming;
}

function unmarked(value: Record<string, unknown>, attachments: readonly Uint8Array[]): object | undefined {
  if (Array.isArray(value)) return value;
  if (Object.hasOwn(value, '$bytes')) return attachmentAt(attachments, value['$bytes']);
  const escaped = Object.keys(value).filter((key) => /^\$\$+bytes$/.test(key));
  if (escaped.length === 0) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [escaped.includes(key) ? key.slice(1) : key, inner]),
  );
}

function attachmentAt(attachments: readonly Uint8Array[], index: unknown): Uint8Array | undefined {
  return typeof index === 'number' ? attachments[index] : undefined;
}
