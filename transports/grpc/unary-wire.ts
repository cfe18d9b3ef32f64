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

/** What a unary wire needs of its connection. */
export interface UnaryPeer {
  readonly client: Client;
  readonly plugin: string;
  readonly endpoint: string;
  readonly maxFrameBytes: number;
  readonly traffic: Traffic | undefined;
  /** The metadata that every call begins with: who the host is. */
  metadata(): Promise<Metadata>;
}

/** The messages of a session as unary calls, for servers that have no `Session`. */
export class UnaryWire implements Wire {
  readonly #peer: UnaryPeer;
  readonly #running = new Map<unknown, ClientUnaryCall | undefined>();
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
    if (message.method !== 'plugin.call')
      return void this.#answer(message, this.#control(message.method, params));
    const payload = writePayload(params['request']); // what cannot be written is refused at once
    this.#checkSize(payload.length);
    this.#running.set(message.id, undefined);
    void this.#answer(message, this.#execute(message.id, params, payload));
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    this.#ended.resolve();
    for (const id of this.#running.keys()) this.#cancel(id);
  }

  async #answer(message: RequestMessage, answer: Promise<unknown>): Promise<void> {
    const id = message.id ?? 0;
    try {
      const result = await answer;
      if (this.#finish(message)) this.#receiver?.message({ id, result });
    } catch (error) {
      if (!this.#finish(message)) return;
      const wireError = isStatus(error) ? toWireError(error) : undefined;
      if (wireError === undefined) this.#receiver?.refused(message, this.#failure(error, message));
      else this.#receiver?.message({ id, error: wireError });
    }
  }

  /** Whether somebody still waits for the answer. */
  #finish({ id, method }: RequestMessage): boolean {
    const isWanted = method !== 'plugin.call' || this.#running.delete(id);
    if (this.#running.size === 0) this.#idle?.();
    return isWanted;
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

  async #execute(id: unknown, params: Incoming, request: Buffer): Promise<unknown> {
    const context = params['context'] as Incoming;
    const metadata = await this.#peer.metadata();
    writeContext(context, metadata);
    if (!this.#running.has(id)) return undefined; // given up meanwhile
    this.#peer.traffic?.sent(request.length);
    const timeoutMs = context['timeoutMs'];
    const deadline = typeof timeoutMs === 'number' ? { deadline: Date.now() + timeoutMs } : {};
    const hook = String(params['hook']);
    const response = await new Promise<Buffer>((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = methods.execute;
      const call = this.#peer.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { hook, request },
        metadata,
        deadline,
        settle(resolve, reject),
      );
      this.#running.set(id, call);
    });
    this.#peer.traffic?.received(response.length);
    this.#checkSize(response.length);
    return readPayload(response);
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
    const call = this.#running.get(id);
    this.#running.delete(id);
    call?.cancel();
    if (this.#running.size === 0) this.#idle?.();
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
