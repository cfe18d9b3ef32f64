import type { MessagePort, Worker } from 'node:worker_threads';
import type { Envelope } from './lines.ts';

/** postMessage with the messages of one turn of the event loop as one array: the fastest there is without sharing memory. */
export function overPort(
  port: MessagePort | Worker,
  receive: (message: Envelope) => void,
): { send(message: Envelope): void } {
  let batch: Envelope[] = [];
  const flush = (): void => {
    const messages = batch;
    batch = [];
    port.postMessage(messages);
  };
  port.on('message', (messages: readonly Envelope[]) => {
    for (const message of messages) receive(message);
  });
  return {
    send(message) {
      if (batch.length === 0) process.nextTick(flush);
      batch.push(message);
    },
  };
}
