import type { Client, ClientUnaryCall, Metadata, MethodDefinition, ServiceError } from '@grpc/grpc-js';

import { isPluginError, PluginError } from '../../src/core/errors.ts';
import type { Traffic } from '../../src/core/metrics.ts';
import type { Incoming, Message, RequestMessage, Wire, WireReceiver } from '../wire/messages.ts';
import { withResolvers } from '../wire/with-resolvers.ts';
import { writeContext } from './call-metadata.ts';
import { healthMethods, methods, serving } from './methods.ts';
import { readPayload, writePayload } from './payload.ts';
import { isStatus, tooLarge } from './services/errors.ts';
import { codes, toWireError, transportError } from './status.ts';
import { withoutStack } from './without-stack.ts';

/** What a unary wire needs of its connection. */
export interface UnaryPeer {
  readonly client: Client;
  readonly plugin: string;
  readonly endpoint: string;
  readonly maxFrameBytes: number;
  readonly traffic: Traffic | undefined;
  /** The metadata that every call begins with: who the host is. */
  metadata(): Metadata | Promise<Metadata>;
}

/** A call that somebody waits for; `call` is the library's, once there is one. */
interface Running {
  readonly message: RequestMessage;
  readonly call: ClientUnaryCall | undefined;
}

type UnaryCallback = (error: ServiceError | null, response?: Buffer) => void;

/** The messages of a session as unary calls, for servers that have no `Session`. */
export class UnaryWire implements Wire {
  readonly #peer: UnaryPeer;
  readonly #running = new Map<unknown, Running>();
  #receiver: WireReceiver | undefined;
  #idle: (() => void) | undefined;
  readonly #ended = withResolvers<void>();
  /** Resolves when this end has ended it; there is no stream whose end would tell. */
  readonly ended: Promise<void> = this.#ended.promise;

  constructor(peer: UnaryPeer) {
    this.#peer = peer;
  }

  start(receiver: WireReceiver): void {
    this.#receiver = receiver;
  }

  settle(): void {}

  send(message: Message): void {
    if (!('method' in message)) return;
    const params = (message.params ?? {}) as Incoming;
    if (message.method === 'plugin.cancel') return this.#cancel(params['id']);
    if (message.method === 'plugin.call') return this.#call(message, params);
    void this.#answer(message, this.#control(message.method, params));
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    this.#ended.resolve();
    for (const id of this.#running.keys()) this.#cancel(id);
  }

  async #answer(message: RequestMessage, answer: Promise<unknown>): Promise<void> {
    try {
      this.#receiver?.message({ id: message.id ?? 0, result: await answer });
    } catch (error) {
      this.#fail(message, error);
    }
  }

  #fail(message: RequestMessage, error: unknown): void {
    const wireError = isStatus(error) ? toWireError(error) : undefined;
    if (wireError === undefined) this.#receiver?.refused(message, this.#failure(error, message));
    else this.#receiver?.message({ id: message.id ?? 0, error: wireError });
  }

  #failure(error: unknown, { params }: RequestMessage): PluginError {
    if (!isStatus(error) || isPluginError(error)) return PluginError.from(error, 'TRANSPORT_1302');
    const { plugin, endpoint } = this.#peer;
    const context = ((params ?? {}) as Incoming)['context'] as Incoming | undefined;
    const timeoutMs = context?.['timeoutMs'];
    return transportError(error, {
      plugin,
      endpoint,
      timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : undefined,
    });
  }

  async #control(method: string, params: Incoming): Promise<unknown> {
    if (method === 'plugin.initialize') return this.#initialize(params['config']);
    if (method === 'plugin.health') return this.#health();
    if (method === 'plugin.configure')
      return this.#ask(methods.configure, { config: params['config'], start: false });
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    return {};
  }

  async #initialize(config: unknown): Promise<unknown> {
    const welcome = await this.#ask(methods.info, {});
    await ifOffered(this.#ask(methods.configure, { config, start: true }));
    return welcome;
  }

  /** A server without the standard service is well as long as it says who it is. */
  async #health(): Promise<unknown> {
    const status = await ifOffered(this.#ask(healthMethods.check, { service: 'plugboard.v1.Plugin' }));
    if (status === undefined) await this.#ask(methods.info, {});
    const isServing = status === undefined || status === serving.serving;
    return isServing
      ? { status: 'healthy' }
      : { status: 'unhealthy', message: 'its server says that it does not serve' };
  }

  /** Makes no promise: each would cost a call as much as its message does. */
  #call(message: RequestMessage, params: Incoming): void {
    const request = writePayload(params['request']); // what cannot be written is refused at once
    this.#checkSize(request.length);
    const metadata = this.#peer.metadata();
    if (!(metadata instanceof Promise)) return this.#execute(message, params, request, metadata);
    this.#running.set(message.id, { message, call: undefined });
    const execute = (ready: Metadata): void => {
      if (this.#running.has(message.id)) this.#execute(message, params, request, ready);
    };
    metadata.then(execute).catch((error: unknown) => {
      if (this.#finish(message.id) !== undefined) this.#fail(message, error);
    });
  }

  #execute(message: RequestMessage, params: Incoming, request: Buffer, metadata: Metadata): void {
    const context = params['context'] as Incoming;
    writeContext(context, metadata);
    this.#peer.traffic?.sent(request.length);
    const timeoutMs = context['timeoutMs'];
    const deadline = typeof timeoutMs === 'number' ? { deadline: Date.now() + timeoutMs } : {};
    const { path, requestSerialize, responseDeserialize } = methods.execute;
    const bytes = requestSerialize({ hook: String(params['hook']), request });
    const { client } = this.#peer;
    const done = this.#settler(message.id);
    const call = withoutStack(() =>
      client.makeUnaryRequest(path, asIs, responseDeserialize, bytes, metadata, deadline, done),
    );
    this.#running.set(message.id, { message, call });
  }

  /** Holds on to nothing but the id: the library keeps it until its stream is collected, long after the answer. */
  #settler(id: RequestMessage['id']): UnaryCallback {
    return (error, response) => {
      const running = this.#finish(id);
      if (running !== undefined) this.#settle(running.message, error, response);
    };
  }

  #settle(message: RequestMessage, error: ServiceError | null, response: Buffer | undefined): void {
    if (error !== null || response === undefined) return this.#fail(message, error);
    let result: unknown;
    try {
      this.#peer.traffic?.received(response.length);
      this.#checkSize(response.length);
      result = readPayload(response);
    } catch (fault) {
      return this.#fail(message, fault);
    }
    this.#receiver?.message({ id: message.id ?? 0, result });
  }

  /** The call, if somebody still waited for it. */
  #finish(id: unknown): Running | undefined {
    const running = this.#running.get(id);
    this.#running.delete(id);
    if (this.#running.size === 0) this.#idle?.();
    return running;
  }

  async #ask<Req, Resp>(method: MethodDefinition<Req, Resp>, request: Req): Promise<Resp> {
    const metadata = await this.#peer.metadata();
    return new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = method;
      const { client } = this.#peer;
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        settle(resolve, reject),
      );
    });
  }

  #cancel(id: unknown): void {
    this.#finish(id)?.call?.cancel();
  }

  #checkSize(bytes: number): void {
    const { maxFrameBytes } = this.#peer;
    if (bytes > maxFrameBytes) throw tooLarge(bytes, maxFrameBytes);
  }
}

function settle<T>(resolve: (value: T) => void, reject: (error: unknown) => void) {
  return (error: ServiceError | null, value?: T): void => {
    if (error === null && value !== undefined) resolve(value);
    else reject(error);
  };
}

/** What a method answered; undefined if the server does not have it. */
async function ifOffered<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isStatus(error) && error.code === codes.unimplemented) return undefined;
    throw error;
  }
}

const asIs = (bytes: Buffer): Buffer => bytes;
