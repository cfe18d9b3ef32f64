import { PluginError } from '../../src/core/errors.ts';
import { decodeLine, reviveBytes } from '../wire/decode.ts';
import { encode } from '../wire/encode.ts';
import { bytesOf, listOf, readFields, writeFields, type Field } from './proto-fields.ts';

/** A value is read and written in an envelope of the frames: their rules for bytes and depth hold here too. */
const name = '"id":0,"result":';
const opening = Buffer.from(`{${name}`);
const closing = Buffer.from('}');

/**
 * A value as a `Payload`: bytes as they are, all else as JSON with the bytes beside it.
 * @throws {PluginError} `RPC_2005` for what JSON cannot hold.
 */
export function writePayload(value: unknown): Buffer {
  if (value instanceof Uint8Array) return writeFields([[2, value]]);
  const { text, attachments } = encode({ id: 0, result: value ?? null }, true);
  const json = text.slice(text.indexOf(name) + name.length, -1);
  return writeFields([[1, json], ...attachments.map((bytes): Field => [3, bytes])]);
}

/** @throws {PluginError} `RPC_2004` for what is no payload. */
export function readPayload(message: Buffer | undefined): unknown {
  if (message === undefined) return null;
  const fields = readFields(message);
  const raw = bytesOf(fields, 2);
  if (raw !== undefined) return new Uint8Array(raw);
  const json = bytesOf(fields, 1);
  return json === undefined ? null : readJson(json, listOf(fields, 3));
}

/** JSON from outside, with the bytes that its marks stand for. */
export function readJson(json: Buffer, attachments: readonly Buffer[] = []): unknown {
  const decoded = decodeLine(Buffer.concat([opening, json, closing]));
  if (!decoded.ok) throw malformed(decoded.fault.kind);
  if (!decoded.marked) return decoded.message['result'];
  const own = attachments.map((bytes) => new Uint8Array(bytes));
  const revived = reviveBytes(decoded.message, own);
  if (revived === undefined) throw malformed('a mark for bytes that are not there');
  return revived['result'];
}

function malformed(what: string): PluginError {
  const message = `a payload of a gRPC message is no JSON (${what}). See docs/grpc.md for what it must be.`;
  return new PluginError('RPC_2004', { message });
}
