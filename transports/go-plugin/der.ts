/** The tags of ASN.1 that a certificate needs (X.690). */
const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  bytes: 0x04,
  objectId: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A value of ASN.1 in DER, of any tag. */
export function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 0x100)) digits.unshift(rest % 0x100);
  return [0x80 + digits.length, ...digits];
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(tags.sequence, ...parts);
}

export function setOf(...parts: readonly Uint8Array[]): Buffer {
  return tagged(tags.set, ...parts);
}

/** A number that is not negative, from its bytes. */
export function integer(magnitude: Uint8Array): Buffer {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Buffer.from([0]) : magnitude.subarray(start);
  const isNegative = (digits[0] ?? 0) >= 0x80;
  return tagged(tags.integer, Buffer.from(isNegative ? [0] : []), digits);
}

export function boolean(value: boolean): Buffer {
  return tagged(tags.boolean, Buffer.from([value ? 0xff : 0]));
}

/** Whole bytes of bits, of which the last `unused` do not count. */
export function bits(value: Uint8Array, unused = 0): Buffer {
  return tagged(tags.bits, Buffer.from([unused]), value);
}

export function bytes(value: Uint8Array): Buffer {
  return tagged(tags.bytes, value);
}

export function utf8(text: string): Buffer {
  return tagged(tags.utf8, Buffer.from(text));
}

/** `2.5.4.3` and the like. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(tags.objectId, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value % 0x80];
  for (let rest = Math.floor(value / 0x80); rest > 0; rest = Math.floor(rest / 0x80))
    digits.unshift(0x80 + (rest % 0x80));
  return digits;
}

/** A moment, as certificates write it: with two digits of the year before 2050 (RFC 5280, 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = `${date
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/\D/g, '')}Z`;
  if (date.getUTCFullYear() < 2050) return tagged(tags.utcTime, Buffer.from(digits.slice(2)));
  return tagged(tags.generalizedTime, Buffer.from(digits));
}
