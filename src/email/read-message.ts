import { Buffer } from 'node:buffer';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';

import { PluginError } from '../core/errors.ts';
import type { MessageRef } from './message-ref.ts';
import { maxRangeBytes, type MessageRange } from './message-service.ts';

/** Where a plugin can ask for bytes: the context of its call. */
export interface MessageReader {
  readonly host: { readonly 'message.read'?: (range: MessageRange) => Promise<unknown> };
  readonly signal?: AbortSignal | undefined;
}

/**
 * The bytes of a message as a stream, from its file, else from the host. It ends with an error if the call is given up
 * or if they are not all there.
 */
export function openMessage(message: MessageRef, reader: MessageReader): Readable {
  const { signal } = reader;
  return Readable.from(checked(message, chunksOf(message, reader)), {
    objectMode: false,
    ...(signal && { signal }),
  });
}

/**
 * All bytes of a message.
 * @throws {PluginError} `PLUGIN_1203` for one over `maxBytes`: a part of a message is none.
 */
export async function readMessage(
  message: MessageRef,
  reader: MessageReader,
  maxBytes: number,
): Promise<Buffer> {
  if (message.size > maxBytes)
    throw failed(
      `the message has ${message.size} bytes, more than ${maxBytes}. Take it as a stream, or allow more`,
    );
  return Buffer.concat(await openMessage(message, reader).toArray());
}

async function* chunksOf(message: MessageRef, { host }: MessageReader): AsyncGenerator<Uint8Array> {
  const file = message.file === undefined ? undefined : await open(message.file, 'r').catch(() => undefined);
  if (file === undefined) yield* asked(message, host['message.read']);
  else yield* file.createReadStream() as AsyncIterable<Uint8Array>;
}

async function* asked(
  { id, size }: MessageRef,
  read: MessageReader['host']['message.read'],
): AsyncGenerator<Uint8Array> {
  if (read === undefined)
    throw failed('neither its file nor the host service message.read can be reached. Allow one');
  let offset = 0;
  while (offset < size) {
    const chunk = await read({ id, offset, length: maxRangeBytes });
    if (!(chunk instanceof Uint8Array) || chunk.length === 0) break;
    yield chunk;
    offset += chunk.length;
  }
}

async function* checked(message: MessageRef, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    yield chunk;
  }
  if (size !== message.size)
    throw failed(`${size} of ${message.size} bytes of the message are there. Ask again`);
}

function failed(message: string): PluginError {
  return new PluginError('PLUGIN_1203', { message: `${message}.` });
}
