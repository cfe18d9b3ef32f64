import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import type { Plugin } from '../../src/core/plugin.ts';
import type { Incoming, Message, Wire, WireError } from '../wire/messages.ts';
import { PluginSession, type PluginSessionEvents } from '../wire/plugin-session.ts';
import { toWireError } from '../wire/wire-error.ts';
import { writePayload } from './payload.ts';

/** Who waits for the answer to one question. */
interface Waiting {
  /** What becomes of the answer while it can still be refused. */
  readonly encode: (result: unknown) => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: WireError) => void;
}

/** What a failed call is rejected with. */
class ServedError extends Error {
  readonly wireError: WireError;

  constructor(wireError: WireError) {
    super(wireError.message);
    this.wireError = wireError;
  }
}

/** A question to a served plugin, and how to give it up. */
export interface Question {
  readonly answer: Promise<unknown>;
  cancel(): void;
}

/** A plugin asked by one host in calls by themselves: the messages of a session that has no stream. */
export class ServedUnary implements Wire {
  readonly #waiting = new Map<number, Waiting>();
  readonly #session: PluginSession;
  readonly #note: (text: string) => void;
  #nextId = 1;

  constructor(plugin: Plugin, name: string, events: PluginSessionEvents) {
    this.#note = (text) => events.note(text);
    this.#session = new PluginSession(this, plugin, name, events);
  }

  /** Calls a hook; the answer is its payload. Rejects with a `ServedError`. */
  call(hook: string, request: unknown, context: Incoming): Question {
    return this.#ask('plugin.call', { hook, request, context }, writePayload);
  }

  /** Any other method of the protocol. */
  ask(method: string, params: Incoming): Promise<unknown> {
    return this.#ask(method, params, (result) => result).answer;
  }

  start(): void {}

  settle(): void {}

  send(message: Message): void {
    if ('method' in message) return this.#told(message.method, message.id, message.params);
    const waiting = this.#waiting.get(Number(message.id));
    if (waiting === undefined) return;
    const settled = 'result' in message ? waiting.encode(message.result) : undefined;
    this.#waiting.delete(Number(message.id));
    if ('result' in message) waiting.resolve(settled);
    else waiting.reject(message.error);
  }

  end(): void {}

  destroy(): void {}

  #ask(method: string, params: Incoming, encode: Waiting['encode']): Question {
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { encode, resolve, reject: (error) => reject(new ServedError(error)) });
    });
    this.#session.message({ id, method, params });
    return { answer, cancel: () => this.#cancel(id) };
  }

  #cancel(id: number): void {
    if (!this.#waiting.delete(id)) return;
    this.#session.message({ method: 'plugin.cancel', params: { id } });
  }

  /** There is no way back to the host. */
  #told(method: string, id: unknown, params: unknown): void {
    const said = (params ?? {}) as Incoming;
    if (method === 'host.log' && said['level'] !== 'debug') return this.#note(JSON.stringify(params));
    if (method !== 'host.call') return;
    const service = printable(String(said['service']), 80);
    const message = `the host calls without a session, so it cannot be asked for '${service}'. Connect with session: true.`;
    const error = toWireError(new PluginError('RPC_2007', { message }));
    this.#session.message({ id, error });
  }
}

/** What was thrown, as an error of the wire. */
export function servedError(error: unknown): WireError {
  if (error instanceof ServedError) return error.wireError;
  return toWireError(error);
}
