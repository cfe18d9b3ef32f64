import type { CallOptions, Metadata, ServiceError } from '@grpc/grpc-js';

import { PluginError } from '../../../src/core/errors.ts';
import type { HealthReport } from '../../../src/core/health.ts';
import type { PluginInfo } from '../../../src/core/plugin.ts';
import type { ChannelCall, OpenSetup } from '../../../src/core/transport.ts';
import { writeContext } from '../call-metadata.ts';
import type { Connection } from '../connect.ts';
import { transportError } from '../status.ts';
import { withoutStack } from '../without-stack.ts';
import { closedButAliveMs } from '../../subprocess/stop.ts';
import { within } from '../../wire/within.ts';
import { nothing } from '../methods.ts';
import { withResolvers } from '../../wire/with-resolvers.ts';
import { callError, isLost, isStatus, notAnswered } from './errors.ts';
import type { CodedMethod, CodedServices } from './method.ts';
import { exchange } from './exchange.ts';
import { MethodCodec } from './codec.ts';
import type { Spoken } from '../spoken.ts';

/** A call that somebody waits for. */
interface Pending {
  readonly reject: (error: PluginError) => void;
  readonly resolve: (answer: unknown) => void;
  /** The call of gRPC, once there is one. */
  running?: { cancel(): void };
}

/** What a transport gives a call, until it is over. */
export interface Loan<Call> {
  readonly call: Call;
  end(): void;
}

/** What a session is made of. */
export interface ServiceParts<Call> {
  readonly connection: Connection;
  readonly services: CodedServices<Call>;
  /** What the functions of a method are given besides. */
  readonly lend: () => Loan<Call>;
  /** Asks the server how it is; rejects with a status of gRPC where it does not answer. */
  readonly health: () => Promise<HealthReport>;
  /** Resolves with why the connection is over. */
  readonly over: Promise<PluginError>;
  /** The session is over. */
  readonly onEnd: () => void;
  readonly info: PluginInfo;
  readonly maxFrameBytes: number;
  readonly setup: OpenSetup;
}

/** Calls methods of a plugin's own `.proto`, each call by itself. */
export class ServiceSession<Call> implements Spoken {
  readonly info: PluginInfo;
  readonly hooks: readonly string[];
  readonly over: Promise<PluginError>;
  readonly #parts: ServiceParts<Call>;
  readonly #pending = new Set<Pending>();
  readonly #failed = withResolvers<void>();
  readonly #hungUp = withResolvers<PluginError>();
  #failure: PluginError | undefined;
  #idle: (() => void) | undefined;

  constructor(parts: ServiceParts<Call>) {
    this.over = Promise.race([parts.over, this.#hungUp.promise]);
    this.info = parts.info;
    this.hooks = Object.keys(parts.services);
    this.#parts = parts;
  }

  call(call: ChannelCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const pending: Pending = { resolve, reject };
      this.#pending.add(pending);
      call.onCancel = () => {
        if (this.#settle(pending)) pending.running?.cancel();
      };
      void this.#answer(call, pending);
    });
  }

  async health(): Promise<HealthReport> {
    const { connection, setup, health } = this.#parts;
    const { endpoint } = connection;
    return health().catch((error: unknown) => {
      throw isStatus(error) ? transportError(error, { plugin: setup.plugin, endpoint }) : error;
    });
  }

  /** Nobody knows how such a server is told settings: they are a method of the application's, if any. */
  configure = async (): Promise<boolean> => false;

  async drain(timeoutMs: number): Promise<void> {
    if (this.#pending.size === 0) return;
    const idle = new Promise<void>((resolve) => (this.#idle = resolve));
    await within(this.#parts.setup.clock, timeoutMs, idle);
  }

  hangUp(): void {
    this.#hungUp.resolve(new PluginError('PLUGIN_1206', { message: 'the connection was closed' }));
  }

  fail(reason: PluginError): void {
    this.#failure ??= reason;
    this.#failed.resolve();
    this.#parts.onEnd();
    for (const pending of this.#pending) {
      this.#settle(pending);
      pending.running?.cancel();
      pending.reject(reason);
    }
  }

  /** Whether somebody still waited. */
  #settle(pending: Pending): boolean {
    const isWanted = this.#pending.delete(pending);
    if (this.#pending.size === 0) this.#idle?.();
    return isWanted;
  }

  async #answer(call: ChannelCall, pending: Pending): Promise<void> {
    const { setup, connection, lend } = this.#parts;
    const { hook, remainingMs } = call;
    const loan = lend();
    try {
      const answer = await this.#ask(call, pending, loan.call);
      if (this.#settle(pending)) pending.resolve(answer);
    } catch (error) {
      // a connection breaks a moment before the end of its process is known, which tells more
      if (isLost(error) && this.#pending.has(pending))
        await within(setup.clock, closedButAliveMs, this.#failed.promise);
      if (!this.#settle(pending)) return;
      const timeoutMs = Number.isFinite(remainingMs) ? remainingMs : undefined;
      pending.reject(
        callError(error, { plugin: setup.plugin, hook, endpoint: connection.endpoint, timeoutMs }),
      );
    } finally {
      loan.end();
    }
  }

  async #ask(call: ChannelCall, pending: Pending, lent: Call): Promise<unknown> {
    const { connection, services, maxFrameBytes, setup } = this.#parts;
    const service = services[call.hook];
    if (service === undefined) throw notAnswered(call.hook, this.hooks, setup.plugin);
    const codec = new MethodCodec(service, lent, { maxFrameBytes, traffic: setup.traffic });
    const made = connection.metadata();
    const metadata = made instanceof Promise ? await made : made;
    const { requestId, attempt, traceparent, tracestate, headers, metadata: more } = call;
    writeContext({ requestId, attempt, traceparent, tracestate, headers, metadata: more }, metadata);
    if (service.stream !== undefined) return this.#stream(service, codec, metadata, call, pending);
    const written = codec.request(call.request);
    const request = written instanceof Promise ? await written : written;
    if (!this.#pending.has(pending)) return undefined; // given up meanwhile
    return codec.read(await this.#send(service.method, request, metadata, call, pending));
  }

  #send(
    method: string,
    request: Buffer,
    metadata: Metadata,
    call: ChannelCall,
    pending: Pending,
  ): Promise<Buffer> {
    const { client } = this.#parts.connection;
    const options = deadlineOf(call);
    const { answer, settle } = answerTo();
    pending.running = withoutStack(() =>
      client.makeUnaryRequest(method, asIs, asIs, request, metadata, options, settle),
    );
    return answer;
  }

  async #stream(
    { method, stream }: CodedMethod<never, unknown, Call>,
    codec: MethodCodec<Call>,
    metadata: Metadata,
    call: ChannelCall,
    pending: Pending,
  ): Promise<unknown> {
    const { client } = this.#parts.connection;
    const running = client.makeBidiStreamRequest(method, asIs, asIs, metadata, deadlineOf(call));
    pending.running = running;
    const items: unknown[] = [];
    await exchange(running, codec.requests(call.request), async (answer) => {
      const item = await codec.read(answer);
      items.push(item);
      if (stream !== 'client') call.onProgress?.(item);
    });
    return stream === 'client' ? items[0] : items;
  }
}

function deadlineOf({ remainingMs }: ChannelCall): CallOptions {
  return Number.isFinite(remainingMs) ? { deadline: Date.now() + Math.ceil(remainingMs) } : {};
}

/** The library keeps `settle` until its stream is collected, long after the answer, so it holds on to nothing else. */
function answerTo() {
  let settle = (_error: ServiceError | null, _response?: Buffer): void => {};
  const answer = new Promise<Buffer>((resolve, reject) => {
    settle = (error, response) => (error === null ? resolve(response ?? nothing) : reject(error));
  });
  return { answer, settle };
}

const asIs = (bytes: Buffer): Buffer => bytes;
