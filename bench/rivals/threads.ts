import { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Envelope } from './lines.ts';
import { overPort } from './port.ts';
import { type Rival, Waiting } from './rival.ts';

/** One postMessage for each message. */
export function plainPort(): Rival {
  const thread = new Worker(new URL('../programs/port.js', import.meta.url));
  const waiting = new Waiting<unknown>();
  thread.on('message', ({ id, body }: Envelope) => waiting.answered(id, body));
  return {
    ask: (body) => waiting.ask((id) => thread.postMessage({ id, body })),
    close: () => void thread.terminate(),
  };
}

/** One postMessage for the messages of a turn. */
export function batchedPort(): Rival {
  const thread = new Worker(new URL('../programs/port-batched.js', import.meta.url));
  const waiting = new Waiting<unknown>();
  const channel = overPort(thread, ({ id, body }) => waiting.answered(id, body));
  return {
    ask: (body) => waiting.ask((id) => channel.send({ id, body })),
    close: () => void thread.terminate(),
  };
}

/** piscina with one thread. */
export function piscina(options: {
  concurrentTasksPerWorker: number;
  atomics?: 'sync' | 'async' | 'disabled';
}): Rival {
  const filename = new URL('../programs/piscina.js', import.meta.url).href;
  const pool = new Piscina({ filename, minThreads: 1, maxThreads: 1, ...options });
  return { ask: (request) => pool.run(request) as Promise<unknown>, close: () => void pool.destroy() };
}
