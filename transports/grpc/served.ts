import type { Metadata, sendUnaryData, Server, ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';

import { systemClock } from '../../src/core/clock.ts';
import type { Plugin } from '../../src/core/plugin.ts';
import { reportOf } from '../wire/health-report.ts';
import { protocolVersion, type Incoming } from '../wire/messages.ts';
import { within } from '../wire/within.ts';
import { callHeaders, readContext } from './call-metadata.ts';
import type { GrpcLibrary } from './load.ts';
import {
  healthMethods,
  methods,
  serving,
  type ConfigureRequest,
  type ExecuteRequest,
  type HealthRequest,
} from './methods.ts';
import { readPayload } from './payload.ts';
import { servedError, ServedUnary } from './served-unary.ts';
import { serveSession, type ServedSession } from './served-session.ts';
import type { ResolvedServer } from './server-options.ts';
import { codes, toStatus } from './status.ts';

/** Hosts choose the names they know a plugin by; so many are remembered. */
const maxNames = 100;

/** What is served of a plugin. */
export type ServedOptions = Pick<ResolvedServer, 'authorize' | 'session' | 'maxFrameBytes'>;

/** A server that takes messages of this size, and sends any. */
export function newServer(library: GrpcLibrary, maxFrameBytes: number): Server {
  return new library.Server({
    'grpc.max_receive_message_length': maxFrameBytes + 1024,
    'grpc.max_send_message_length': -1,
  });
}

/** A plugin behind a server, with everybody who uses it. */
export class Served {
  readonly server: Server;
  readonly #library: GrpcLibrary;
  /** Its `close` does nothing: it outlives each host. */
  readonly #plugin: Plugin;
  readonly #closePlugin: () => Promise<void>;
  readonly #what: ServedOptions;
  readonly #sessions = new Set<ServedSession>();
  readonly #unary = new Map<string, ServedUnary>();
  #closing: Promise<void> | undefined;

  /** Its methods go on `server`, beside what is there. */
  constructor(
    library: GrpcLibrary,
    plugin: Plugin,
    what: ServedOptions,
    server: Server = newServer(library, what.maxFrameBytes),
  ) {
    this.#library = library;
    this.#plugin = { ...plugin, close: () => {} };
    this.#closePlugin = async () => plugin.close?.();
    this.#what = what;
    this.server = server;
    this.#addMethods();
  }

  /** Answers for the plugin's health under every name. */
  addHealth(): void {
    this.server.addService(healthMethods, {
      check: this.#unaryMethod<HealthRequest, number>(() => this.health(), false),
    });
  }

  /** In the words of grpc.health.v1. */
  async health(): Promise<number> {
    const report = reportOf(await this.#plugin.health?.());
    return report.status === 'unhealthy' ? serving.notServing : serving.serving;
  }

  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  #addMethods(): void {
    const { session: _, ...unary } = methods;
    const answers = {
      info: this.#unaryMethod<object, Incoming>(async () => this.#welcome()),
      configure: this.#unaryMethod<ConfigureRequest, object>((call) => this.#configure(call)),
      execute: this.#unaryMethod<ExecuteRequest, Buffer>((call) => this.#execute(call)),
    };
    const offered = this.#what.session ? methods : unary;
    this.server.addService(offered, {
      ...answers,
      session: (call: ServerDuplexStream<Buffer, Buffer>) => void this.#serve(call),
    });
  }

  #welcome(): Incoming {
    return { protocolVersion, info: this.#plugin.info, hooks: [...this.#plugin.handlers.keys()] };
  }

  async #configure({ request, metadata }: ServerUnaryCall<ConfigureRequest, object>): Promise<object> {
    const { config, start } = request;
    const method = start ? 'plugin.initialize' : 'plugin.configure';
    await this.#unaryOf(metadata).ask(method, { config, attachments: true });
    return {};
  }

  async #execute(call: ServerUnaryCall<ExecuteRequest, Buffer>): Promise<Buffer> {
    const { request, metadata } = call;
    const deadline = call.getDeadline();
    const timeoutMs = Number(deadline) - systemClock.date().getTime();
    const context = readContext(metadata, timeoutMs);
    const question = this.#unaryOf(metadata).call(request.hook, readPayload(request.request), context);
    call.on('cancelled', () => question.cancel());
    return (await question.answer) as Buffer;
  }

  /** The plugin as one host knows it. */
  #unaryOf(metadata: Metadata): ServedUnary {
    const name = this.#nameIn(metadata);
    const known = this.#unary.get(name);
    if (known !== undefined) return known;
    if (this.#unary.size >= maxNames && name !== this.#plugin.info.name)
      return this.#unaryOf(new this.#library.Metadata());
    const made = new ServedUnary(this.#plugin, name, { ended: () => {}, note });
    this.#unary.set(name, made);
    return made;
  }

  #nameIn(metadata: Metadata): string {
    return metadata.get(callHeaders.plugin)[0]?.toString() ?? this.#plugin.info.name;
  }

  async #serve(call: ServerDuplexStream<Buffer, Buffer>): Promise<void> {
    call.on('error', () => {});
    if (this.#closing !== undefined)
      return void call.emit('error', status(codes.unavailable, 'the server is closing'));
    if (!(await this.#mayUse(call.metadata))) return void call.emit('error', refused);
    if (call.cancelled) return; // meanwhile
    const session = serveSession(call, {
      plugin: this.#plugin,
      name: this.#nameIn(call.metadata),
      maxFrameBytes: this.#what.maxFrameBytes,
      note,
    });
    this.#sessions.add(session);
    void session.ended.then(() => this.#sessions.delete(session));
  }

  #unaryMethod<Req, Resp>(
    answer: (call: ServerUnaryCall<Req, Resp>) => Promise<Resp>,
    guarded = true,
  ): (call: ServerUnaryCall<Req, Resp>, done: sendUnaryData<Resp>) => void {
    const ifAllowed = async (call: ServerUnaryCall<Req, Resp>): Promise<Resp> => {
      if (await this.#mayUse(call.metadata)) return answer(call);
      throw refused;
    };
    const answered = guarded && this.#what.authorize !== undefined ? ifAllowed : answer;
    return (call, done) => void this.#reply(answered(call), done);
  }

  /** Says what was thrown as a status. */
  async #reply<Resp>(answer: Promise<Resp>, done: sendUnaryData<Resp>): Promise<void> {
    let result: Resp;
    try {
      result = await answer;
    } catch (error) {
      const { Metadata: Trailers } = this.#library;
      return done(error === refused ? refused : toStatus(servedError(error), new Trailers()));
    }
    return done(null, result);
  }

  async #mayUse(metadata: Metadata): Promise<boolean> {
    const { authorize } = this.#what;
    if (authorize === undefined) return true;
    const texts = Object.entries(metadata.getMap()).filter(([, value]) => typeof value === 'string');
    try {
      const allowed: unknown = await authorize(Object.fromEntries(texts) as Record<string, string>);
      return allowed === true;
    } catch {
      return false; // whoever cannot be judged stays out
    }
  }

  async #close(timeoutMs: number): Promise<void> {
    const gone = new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    for (const session of this.#sessions) session.close();
    await within(systemClock, timeoutMs, gone);
    this.server.forceShutdown();
    for (const session of this.#sessions) session.destroy();
    try {
      await this.#closePlugin();
    } catch (error) {
      note(`close failed: ${servedError(error).message}`);
    }
  }
}

function status(code: number, details: string): Error & { code: number; details: string } {
  return Object.assign(new Error(details), { code, details });
}

const refused = status(codes.unauthenticated, 'who calls is not known here');

/** No host listens: the server's own stderr is the place for what must be said. */
function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
