import { isPluginError, PluginError, read } from '../../src/core/errors.ts';
import type { LogLevel, Logger } from '../../src/core/logger.ts';
import { isThenable } from '../../src/core/thenable.ts';
import type { AnyServices, CallContext, HostClient, Plugin } from '../../src/core/plugin.ts';
import { hostClient } from './host-client.ts';
import { reportOf } from './health-report.ts';
import {
  protocolVersion,
  rpcCodes,
  type Fault,
  type Incoming,
  type Message,
  type Wire,
  type WireError,
  type WireReceiver,
} from './messages.ts';
import { ServedCall } from './served-call.ts';
import { servedSpans, type ServedSpans } from './served-spans.ts';
import { fromWireError, toWireError } from './wire-error.ts';

/** What a session tells the program it runs in. */
export interface PluginSessionEvents {
  /** The plugin is closed: the host asked for it, or is gone (`orphaned`). */
  ended(orphaned: boolean): void;
  /** A line for people, where no host listens. */
  note(text: string): void;
}

interface Asked {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: PluginError) => void;
}

/** The plugin's end of the protocol, over any wire that is started with it. */
export class PluginSession implements WireReceiver {
  readonly #wire: Wire;
  readonly #plugin: Plugin;
  readonly #name: string;
  readonly #events: PluginSessionEvents;
  readonly #calls = new Map<unknown, ServedCall>();
  /** Why the last message could not be sent; said once for all that fail alike after it. */
  #notSent: string | undefined;
  readonly #asked = new Map<number, Asked>();
  readonly #log: Logger;
  readonly #host: HostClient<AnyServices>;
  /** Where the plugin runs OpenTelemetry. */
  #spans: ServedSpans | undefined;
  #nextId = 1;
  #idle: (() => void) | undefined;
  #closed = false;
  #orphaned = false;

  constructor(wire: Wire, plugin: Plugin, name: string, events: PluginSessionEvents) {
    this.#wire = wire;
    this.#plugin = plugin;
    this.#name = name;
    this.#events = events;
    this.#log = this.#logger();
    this.#host = hostClient((service, request) => this.#askHost(service, request));
  }

  message(message: Incoming): void {
    const { method, id } = message;
    const params = asRecord(message['params']);
    if (method === undefined) return this.#answered(message);
    if (method === 'plugin.call') return this.#call(id, params);
    if (method === 'plugin.cancel') return this.#cancel(params['id']);
    void this.#respond(id, () => this.#control(method, params)).then(() => {
      if (method === 'plugin.shutdown') void this.close(); // after its answer, or the host would wait for it
    });
  }

  fault(fault: Fault): void {
    const { id, kind } = fault;
    this.#events.note(
      `dropped a frame from the host: ${kind}${fault.preview === undefined ? '' : ` '${fault.preview}'`}`,
    );
    if (fault.isFatal === true) return this.ended();
    if (id === undefined || fault.isQuestion !== true) return;
    const code = kind === 'too-large' ? 'RPC_2006' : 'RPC_2004';
    const message = `the request was dropped: ${kind}`;
    this.#send({ id, error: { code: rpcCodes.serverError, message, data: { code } } });
  }

  refused(message: Message, error: PluginError): void {
    if ('result' in message) return this.#send({ id: message.id, error: toWireError(error) });
    if ('method' in message && typeof message.id === 'number') this.#asked.get(message.id)?.reject(error);
  }

  ended(): void {
    const gone = new PluginError('PLUGIN_1206', { message: 'the host is gone' });
    for (const call of this.#calls.values()) call.abort(gone);
    for (const { reject } of this.#asked.values()) reject(gone);
    this.#orphaned = true;
    void this.close();
  }

  /** Lets the plugin clean up, once. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#plugin.close?.();
    } catch (error) {
      this.#events.note(`close failed: ${PluginError.from(error, 'PLUGIN_1203').rawMessage}`);
    }
    this.#events.ended(this.#orphaned);
  }

  async #control(method: unknown, params: Incoming): Promise<unknown> {
    if (method === 'plugin.initialize') return this.#initialize(params);
    if (method === 'plugin.health') return reportOf(await this.#plugin.health?.());
    if (method === 'plugin.configure' && this.#plugin.configure !== undefined) {
      await this.#plugin.configure(params['config']);
      return {};
    }
    if (method === 'plugin.shutdown') return this.#shutdown();
    throw new MethodNotFound(`this plugin has no method '${String(method)}'`);
  }

  async #initialize(params: Incoming): Promise<unknown> {
    await this.#plugin.initialize?.({ config: params['config'], log: this.#log, host: this.#host });
    this.#spans = await servedSpans(this.#name);
    this.#wire.settle({
      attachments: params['attachments'] === true,
      maxFrameBytes: frameLimit(params['limits']),
    });
    const hooks = [...this.#plugin.handlers.keys()];
    return { protocolVersion, info: this.#plugin.info, hooks, attachments: true };
  }

  /** Answered when the last call that somebody waits for has ended. */
  async #shutdown(): Promise<unknown> {
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
      this.#sayIdle();
    });
    return {};
  }

  #sayIdle(): void {
    if ([...this.#calls.values()].every((call) => call.aborted)) this.#idle?.();
  }

  #call(id: unknown, params: Incoming): void {
    if ((typeof id !== 'number' && typeof id !== 'string') || this.#calls.has(id)) {
      return this.#events.note(
        `dropped a call with the id ${String(id)}: ids are numbers or strings and never run twice`,
      );
    }
    const host = (): HostClient<AnyServices> =>
      hostClient((service, request) => this.#askHost(service, request, id));
    const call = new ServedCall(params, this.#name, host, this.#log, (value) =>
      this.#send({ method: 'host.progress', params: { id, value } }),
    );
    this.#calls.set(id, call);
    const answered = (result: unknown): void => this.#finish(id, call, { id, result: result ?? null });
    const failed = (error: unknown): void => this.#finish(id, call, this.#failure(id, call, error));
    let answer: unknown;
    let isLater: boolean;
    try {
      answer = this.#handle(call, params['request']);
      isLater = isThenable(answer);
    } catch (error) {
      return failed(error);
    }
    if (isLater) void Promise.resolve(answer).then(answered, failed);
    else answered(answer);
  }

  #finish(id: number | string, call: ServedCall, answer: Message): void {
    this.#calls.delete(id);
    if (!call.aborted) this.#send(answer); // nobody waits for the answer to a call that was given up
    if (this.#idle !== undefined) this.#sayIdle();
  }

  #failure(id: number | string, call: ServedCall | undefined, error: unknown): Message {
    this.#tellStack(error, call);
    return { id, error: isMethodNotFound(error) ? methodNotFound(error) : toWireError(error) };
  }

  #handle(context: CallContext, request: unknown): unknown {
    const handler = this.#plugin.handlers.get(context.hook);
    if (handler !== undefined && this.#spans !== undefined)
      return this.#spans.serve(context, () => handler(request, context));
    if (handler !== undefined) return handler(request, context);
    const answers = [...this.#plugin.handlers.keys()].join(', ');
    throw new MethodNotFound(`this plugin does not answer '${context.hook}', only: ${answers}`);
  }

  async #respond(id: unknown, run: () => Promise<unknown>): Promise<void> {
    let answer: Message;
    const known = id as number | string;
    try {
      answer = { id: known, result: (await run()) ?? null };
    } catch (error) {
      answer = this.#failure(known, undefined, error);
    }
    if (id !== undefined) this.#send(answer); // a notification has no answer
  }

  /** The caller gets message and code; who debugs the plugin needs the stack, which stays on this side. */
  #tellStack(error: unknown, call: ServedCall | undefined): void {
    if (
      call === undefined ||
      call.aborted ||
      isPluginError(error) ||
      typeof error !== 'object' ||
      error === null
    )
      return;
    const stack = read(error, 'stack');
    if (typeof stack === 'string')
      this.#log.debug('a handler threw', { hook: call.hook, requestId: call.requestId, stack });
  }

  #cancel(id: unknown): void {
    this.#calls
      .get(id)
      ?.abort(new PluginError('PLUGIN_1206', { message: 'the caller gave up or its time is over' }));
    if (this.#idle !== undefined) this.#sayIdle();
  }

  /** `call` names the call that asks, whose trace the question belongs to. */
  #askHost(service: string, request: unknown, call?: number | string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const traceparent = this.#spans?.here();
      const place = {
        ...(call !== undefined && { call }),
        ...(traceparent !== undefined && { traceparent }),
      };
      this.#asked.set(id, { resolve, reject });
      this.#wire.send({ id, method: 'host.call', params: { service, request, ...place } });
    });
  }

  #answered(message: Incoming): void {
    const id = message['id'];
    const asked = typeof id === 'number' ? this.#asked.get(id) : undefined;
    if (typeof id !== 'number' || asked === undefined) return;
    this.#asked.delete(id);
    if (message['error'] === undefined) asked.resolve(message['result']);
    else asked.reject(fromWireError(message['error'], { plugin: this.#name }));
  }

  #send(message: Message): void {
    try {
      this.#wire.send(message);
      this.#notSent = undefined;
    } catch (error) {
      if ('id' in message && 'result' in message)
        return this.#send({ id: message.id, error: toWireError(error) });
      const why = PluginError.from(error, 'RPC_2003').rawMessage;
      if (why !== this.#notSent) this.#events.note(`could not send: ${why}`);
      this.#notSent = why;
    }
  }

  #logger(): Logger {
    const at = (level: LogLevel) => (message: string, fields?: object) =>
      this.#send({ method: 'host.log', params: { level, message, fields } });
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }
}

function frameLimit(limits: unknown): number | undefined {
  const { maxFrameBytes } = asRecord(limits);
  return typeof maxFrameBytes === 'number' ? maxFrameBytes : undefined;
}

class MethodNotFound extends Error {}

/** `instanceof` would ask a thrown proxy for its prototype, which may throw in turn. */
function isMethodNotFound(error: unknown): error is MethodNotFound {
  try {
    return error instanceof MethodNotFound;
  } catch {
    return false;
  }
}

function methodNotFound({ message }: MethodNotFound): WireError {
  return { code: rpcCodes.methodNotFound, message };
}

function asRecord(value: unknown): Incoming {
  return typeof value === 'object' && value !== null ? (value as Incoming) : {};
}
