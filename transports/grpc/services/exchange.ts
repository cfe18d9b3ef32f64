import type { ClientDuplexStream } from '@grpc/grpc-js';

/** A call of gRPC, whichever of its two directions streams. */
type BytesStream = ClientDuplexStream<Buffer, Buffer>;

/**
 * Sends requests as fast as the other end takes them, and hands on its answers in their order. It is over with the last
 * answer, whatever was still to be sent; it rejects if either fails.
 */
export async function exchange(
  running: BytesStream,
  requests: AsyncIterable<Buffer>,
  onAnswer: (answer: Buffer) => Promise<void>,
): Promise<void> {
  let isOver = false;
  running.on('error', () => {}); // the answers end with it; it may come once more after them
  const isClosed = new Promise<void>((resolve) => void running.once('close', resolve));
  const send = async (): Promise<void> => {
    for await (const request of requests) {
      if (isOver) return;
      if (!running.write(request)) await Promise.race([isClosed, drained(running)]);
    }
    running.end();
  };
  const read = async (): Promise<void> => {
    for await (const answer of running) await onAnswer(answer as Buffer);
  };
  try {
    const isBroken = new Promise<never>((_resolve, reject) => void send().catch(reject));
    await Promise.race([read(), isBroken]);
  } finally {
    isOver = true;
    running.cancel();
  }
}

function drained(running: BytesStream): Promise<void> {
  return new Promise((resolve) => void running.once('drain', resolve));
}
