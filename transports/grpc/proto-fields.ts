/** A field of a protobuf message: its number and its value; numbers and booleans are varints. */
export type Field = readonly [number: number, value: Uint8Array | string | number | boolean];

/** Fields that were read, by number, each with its values in their order. */
export type ReadFields = ReadonlyMap<number, readonly (Buffer | number)[]>;

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Writes a message: https://protobuf.dev/programming-guides/encoding. Defaults of proto3 are the caller's to leave out. */
export function writeFields(fields: readonly Field[]): Buffer {
  const values = fields.map(([, value]) => (typeof value === 'string' ? Buffer.from(value) : value));
  let size = 0;
  fields.forEach(([number], index) => (size += sizeOf(number, values[index] ?? 0)));
  const message = Buffer.allocUnsafe(size);
  let at = 0;
  fields.forEach(([number], index) => (at = writeField(message, at, number, values[index] ?? 0)));
  return message;
}

/** What a field holds once its text is bytes. */
type Value = Uint8Array | number | boolean;

function sizeOf(number: number, value: Value): number {
  if (typeof value !== 'object') return varintSize(number * 8) + varintSize(Number(value));
  return varintSize(number * 8) + varintSize(value.byteLength) + value.byteLength;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Says where the next one begins. */
function writeField(message: Buffer, at: number, number: number, value: Value): number {
  if (typeof value !== 'object')
    return writeVarint(message, writeVarint(message, at, number * 8 + wireTypes.varint), Number(value));
  const start = writeVarint(
    message,
    writeVarint(message, at, number * 8 + wireTypes.bytes),
    value.byteLength,
  );
  message.set(value, start);
  return start + value.byteLength;
}

function writeVarint(message: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) message[at++] = (rest % 0x80) + 0x80;
  message[at++] = rest;
  return at;
}

/**
 * Reads a message; fields it does not know are kept for nobody. Bytes are views of `message`.
 * @throws {RangeError} for what is no message.
 */
export function readFields(message: Buffer): ReadFields {
  const fields = new Map<number, (Buffer | number)[]>();
  for (let at = 0; at < message.length;) {
    const key = readVarint(message, at);
    const { value, end } = readValue(message, key.end, key.value % 8);
    at = end;
    const number = Math.floor(key.value / 8);
    const values = fields.get(number);
    if (values === undefined) fields.set(number, [value]);
    else values.push(value);
  }
  return fields;
}

interface Piece<T> {
  readonly value: T;
  readonly end: number;
}

function readValue(message: Buffer, at: number, type: number): Piece<Buffer | number> {
  if (type === wireTypes.varint) return readVarint(message, at);
  if (type === wireTypes.fixed64) return slice(message, at, 8);
  if (type === wireTypes.fixed32) return slice(message, at, 4);
  if (type !== wireTypes.bytes) throw new RangeError(`wire type ${type} is not known`);
  const length = readVarint(message, at);
  return slice(message, length.end, length.value);
}

function slice(message: Buffer, start: number, length: number): Piece<Buffer> {
  const end = start + length;
  if (end > message.length) throw new RangeError('the message is cut short');
  return { value: message.subarray(start, end), end };
}

function readVarint(message: Buffer, start: number): Piece<number> {
  let value = 0;
  for (let at = start, scale = 1; at < start + 10; at++, scale *= 0x80) {
    const byte = message[at];
    if (byte === undefined) throw new RangeError('the message is cut short');
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new RangeError('a number of the message does not end');
}

/** The last value of a field, as bytes. */
export function bytesOf(fields: ReadFields, number: number): Buffer | undefined {
  const value = fields.get(number)?.at(-1);
  return typeof value === 'object' ? value : undefined;
}

/** The last value of a field, as text; empty without one. */
export function textOf(fields: ReadFields, number: number): string {
  return bytesOf(fields, number)?.toString('utf8') ?? '';
}

/** The last value of a field, as a number; 0 without one. */
export function numberOf(fields: ReadFields, number: number): number {
  const value = fields.get(number)?.at(-1);
  return typeof value === 'number' ? value : 0;
}

/** All values of a repeated field, as bytes. */
export function listOf(fields: ReadFields, number: number): Buffer[] {
  return (fields.get(number) ?? []).filter((value) => typeof value === 'object');
}
