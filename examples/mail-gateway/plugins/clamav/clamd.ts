import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What clamd says of a message. */
export type Scan =
  | { readonly is: 'clean' }
  | { readonly is: 'infected'; readonly signature: string }
  | { readonly is: 'tooLarge' };

/** More than any reply has. */
const maxReply = 8192;

/**
 * Sends a message to clamd (INSTREAM: chunks behind their lengths, an empty one at the end) and reads what it says.
 * @throws {Error} if clamd cannot be reached, goes away, or does not know what to say.
 */
export async function scan(
  where: NetConnectOpts,
  message: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Scan> {
  const socket = connect(where);
  try {
    const reply = replyOf(socket, signal);
    // clamd may break off in the middle: what it said then counts, as far as it came through.
    const [sent, said] = await Promise.allSettled([
      pipeline(Readable.from(framed(message)), socket, { signal }),
      reply,
    ]);
    if (said.status === 'fulfilled' && said.value !== '') return understood(said.value);
    throw sent.status === 'rejected' ? sent.reason : new Error('clamd closed the connection without a word');
  } finally {
    socket.destroy();
  }
}

/** Whether clamd answers. */
export async function ping(where: NetConnectOpts, signal: AbortSignal): Promise<boolean> {
  const socket = connect(where);
  try {
    const reply = replyOf(socket, signal);
    socket.end('zPING\0');
    return (await reply) === 'PONG';
  } finally {
    socket.destroy();
  }
}

async function* framed(message: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from('zINSTREAM\0');
  for await (const chunk of message) {
    if (chunk.length === 0) continue; // it would mean the end
    yield framedLength(chunk.length);
    yield chunk;
  }
  yield framedLength(0);
}

function framedLength(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}

async function replyOf(socket: Socket, signal: AbortSignal): Promise<string> {
  let said = '';
  socket.on('data', (chunk: Buffer) => void (said = (said + chunk.toString('latin1')).slice(0, maxReply)));
  try {
    await once(socket, 'close', { signal });
  } catch (error) {
    if (said === '') throw error;
  }
  return said.replaceAll('\0', '').trim();
}

function understood(said: string): Scan {
  if (said === 'stream: OK') return { is: 'clean' };
  const signature = /^stream: (.+) FOUND$/.exec(said)?.[1];
  if (signature !== undefined) return { is: 'infected', signature };
  if (said.startsWith('INSTREAM size limit exceeded')) return { is: 'tooLarge' };
  throw new Error(`clamd says ${JSON.stringify(said.slice(0, 200))}`);
}
