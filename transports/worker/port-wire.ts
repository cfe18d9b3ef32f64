import type { MessagePort } from 'node:worker_threads';

import { messageOf, PluginError } from '../../src/core/errors.ts';
import type { Incoming, Message, Wire, WireReceiver } from '../wire/messages.ts';

/** A thread that has not looked at so many messages is stuck; more would only fill memory. */
const maxUnread = 10_000;

/** What is worth a post before the turn is over: the other thread works on it while this one goes on. */
const maxBatch = 16;

/**
 * Messages between threads by structured clone; those of one turn of the event loop travel as few arrays,
 * which is about twice as fast as one by one. Each array begins with how many messages its sender has read,
 * so that the other end knows when nobody reads.
 */
export class PortWire implements Wire {
  readonly #port: MessagePort;
  #receiver: WireReceiver | undefined;
  #queue: Message[] = [];
  #sent = 0;
  #sentAndRead = 0;
  #read = 0;
  #saidRead = 0;
  #scheduled = false;
  #ended = false;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  start(receiver: WireReceiver): void {
    this.#receiver = receiver;
    this.#port.on('message', (batch: unknown) => this.#receive(batch, receiver));
    this.#port.on('messageerror', () => receiver.fault({ kind: 'malformed' }));
    this.#port.on('close', () => receiver.ended());
  }

  settle(): void {}

  send(message: Message): void {
    if (this.#ended) return;
    // An answer is always sent: somebody waits for it, and there are no more of them than questions.
    const isUnread = this.#sent + this.#queue.length - this.#sentAndRead >= maxUnread;
    if (isUnread && 'method' in message) throw notReading();
    // Before this message is in: what is refused then must be known to its sender already.
    if (this.#queue.length >= maxBatch) this.#flush();
    this.#queue.push(message);
    this.#schedule();
  }

  end(): void {
    this.#flush();
    this.destroy();
  }

  destroy(): void {
    this.#ended = true;
    this.#port.close();
  }

  #receive(batch: unknown, receiver: WireReceiver): void {
    if (!Array.isArray(batch) || typeof batch[0] !== 'number') return receiver.fault({ kind: 'malformed' });
    this.#sentAndRead = batch[0];
    for (let at = 1; at < batch.length; at++) {
      const message: unknown = batch[at];
      if (typeof message === 'object' && message !== null) receiver.message(message as Incoming);
      else receiver.fault({ kind: 'malformed' });
    }
    if (batch.length === 1) return;
    this.#read += batch.length - 1;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#ended || (this.#queue.length === 0 && this.#saidRead === this.#read)) return;
    const batch = this.#queue;
    this.#queue = [];
    this.#sent += batch.length;
    this.#saidRead = this.#read;
    try {
      this.#port.postMessage([this.#read, ...batch]);
    } catch {
      // One message that cannot be copied must not take the others of its turn with it.
      for (const message of batch) this.#sendAlone(message);
    }
  }

  #sendAlone(message: Message): void {
    try {
      this.#port.postMessage([this.#read, message]);
    } catch (error) {
      this.#sent--;
      this.#receiver?.refused(message, uncopyable(error));
    }
  }
}

function notReading(): PluginError {
  const message = `the plugin's thread is stuck: ${maxUnread} messages wait for it. Look at what it does, or send less at once.`;
  return new PluginError('PLUGIN_1212', { message });
}

function uncopyable(error: unknown): PluginError {
  const why = messageOf(error).replace(/\.$/, ''); // Node ends some of its messages with a full stop, others not
  const message = `the message cannot be copied to another thread: ${why}. Send plain data.`;
  return new PluginError('RPC_2005', { message, cause: error });
}
