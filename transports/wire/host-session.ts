import { PluginError, isPluginError } from '../../src/core/errors.ts';
import { isHealthStatus, type HealthReport } from '../../src/core/health.ts';
import { printable } from '../../src/core/printable.ts';
import type { TraceContext } from '../../src/core/trace-context.ts';
import type { ChannelCall, OpenSetup } from '../../src/core/transport.ts';
import { askedIn } from './asked-in.ts';
import { brokenError, faultError } from './fault-errors.ts';
import { FaultLog } from './fault-log.ts';
import { checkWelcome, type Welcome } from './handshake.ts';
import {
  protocolVersion,
  rpcCodes,
  type Fault,
  type Incoming,
  type Message,
  type Wire,
  type WireReceiver,
} from './messages.ts';
import { Pending } from './pending.ts';
import { fromWireError, toWireError } from './wire-error.ts';

/** How many questions one plugin may ask the host at once; more is a flood. */
const maxHostCalls = 1000;

/** What a session tells its transport. */
export interface SessionEvents {
  /** The wire is gone; `error` if the plugin broke the protocol too often. */
  ended(error?: PluginError): void;
  /** A record the plugin sent as a message. */
  log(level: unknown, message: unknown, fields: unknown): void;
}

/** The host's end of the protocol, over any wire: calls by id, each answered once or failed once. */
export class HostSession implements WireReceiver {
  readonly #wire: Wire;
  readonly #setup: OpenSetup;
  readonly #events: SessionEvents;
  readonly #faults: FaultLog;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #hostCalls = 0;
  #tellsTraces = false;
  #over = false;
  #failure: PluginError | undefined;

  constructor(wire: Wire, setup: OpenSetup, events: SessionEvents) {
    this.#wire = wire;
    this.#setup = setup;
    this.#events = events;
    this.#faults = new FaultLog(setup.logger, setup.clock);
    wire.start(this);
  }

  /** Shakes hands. @throws {PluginError} `RPC_2002` when the two do not fit. */
  async initialize(maxFrameBytes: number): Promise<Welcome> {
    const { hooks, config, services } = this.#setup;
    const host = { name: 'plugboard', version: String(protocolVersion) };
    const limits = { maxFrameBytes };
    const params = { protocolVersion, host, hooks, config, services, attachments: true, limits };
    const welcome = checkWelcome(await this.#ask('plugin.initialize', params), this.#setup, maxFrameBytes);
    this.#wire.settle(welcome);
    return welcome;
  }

  call(call: ChannelCall): Promise<unknown> {
    const { hook, request } = call;
    return new Promise((resolve, reject) => {
      const id = this.#send('plugin.call', { hook, request, context: contextOf(call) }, reject);
      if (id === undefined) return;
      const { onProgress, traceparent, tracestate } = call;
      const trace = traceparent === undefined ? undefined : { traceparent, tracestate };
      const pending = new Pending(hook, resolve, reject, onProgress, trace);
      this.#pending.set(id, pending);
      call.onCancel = () => this.#cancel(id);
      if (this.#tellsTraces && trace !== undefined) setImmediate(() => (pending.isUnderWay = true));
    });
  }

  /**
   * For a transport that reads what its plugin prints, before the first call. What it gives says where the one call
   * that runs stands in its trace; undefined while several run. What is read in the turn in which the call was sent, the
   * plugin has printed before.
   */
  soleTrace(): () => TraceContext | undefined {
    this.#tellsTraces = true;
    return () => {
      const [sole, another] = this.#twoCalls();
      return another === undefined && sole?.isUnderWay === true ? sole.trace : undefined;
    };
  }

  /** Two of the calls that run, if there are as many; the host's own questions are none. */
  #twoCalls(): readonly Pending[] {
    const calls: Pending[] = [];
    for (const pending of this.#pending.values()) {
      if (pending.hook !== undefined) calls.push(pending);
      if (calls.length === 2) break;
    }
    return calls;
  }

  async health(): Promise<HealthReport> {
    const report = asRecord(await this.#ask('plugin.health'));
    const { status, message, metadata } = report;
    return {
      status: isHealthStatus(status) ? status : 'healthy',
      message: typeof message === 'string' ? printable(message) : undefined,
      metadata: metadata === undefined ? undefined : asRecord(metadata),
    };
  }

  async configure(config: unknown): Promise<boolean> {
    try {
      await this.#ask('plugin.configure', { config });
      return true;
    } catch (error) {
      if (isPluginError(error) && error.code === 'PLUGIN_1211') return false;
      throw error;
    }
  }

  async shutdown(timeoutMs: number): Promise<void> {
    await this.#ask('plugin.shutdown', { timeoutMs });
  }

  /** Fails every running call, once, and every later one. */
  fail(error: PluginError): void {
    this.#failure ??= error;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of pending) one.reject(atHook(error, one.hook));
  }

  message(message: Incoming): void {
    if (this.#over) return;
    if (typeof message['method'] === 'string') return this.#asked(message['method'], message);
    const id = message['id'];
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (typeof id !== 'number' || pending === undefined) return this.fault({ kind: this.#kindOf(id) });
    this.#pending.delete(id);
    const error = message['error'];
    if (error === undefined || error === null) pending.resolve(message['result']);
    else pending.reject(fromWireError(error, this.#place(pending)));
  }

  fault(fault: Fault): void {
    if (this.#over) return;
    const isAnswer = fault.isQuestion !== true && typeof fault.id === 'number';
    const pending = isAnswer ? this.#pending.get(fault.id) : undefined;
    if (pending !== undefined) {
      this.#pending.delete(fault.id as number);
      pending.reject(faultError(fault, this.#place(pending)));
    }
    if (!this.#faults.note(fault) || fault.isFatal === true) {
      this.#over = true; // what else is in the pipe is not looked at
      this.#wire.destroy();
      this.#events.ended(brokenError(fault, this.#setup.plugin));
    }
  }

  refused(message: Message, error: PluginError): void {
    if ('result' in message) return this.#tell({ id: message.id, error: toWireError(error) });
    const id = 'id' in message ? message.id : undefined;
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (pending === undefined) return;
    this.#pending.delete(id as number);
    pending.reject(atHook(PluginError.from(error, 'RPC_2005', { plugin: this.#setup.plugin }), pending.hook));
  }

  ended(): void {
    this.#events.ended();
  }

  #kindOf(id: unknown): Fault['kind'] {
    if (typeof id !== 'number') return 'unknown-message';
    return id > 0 && id < this.#nextId ? 'late-or-repeated' : 'unknown-id';
  }

  #place(pending: Pending): { plugin: string; hook?: string } {
    const { plugin } = this.#setup;
    return pending.hook === undefined ? { plugin } : { plugin, hook: pending.hook };
  }

  #ask(method: string, params: unknown = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#send(method, params, reject);
      if (id !== undefined) this.#pending.set(id, new Pending(undefined, resolve, reject));
    });
  }

  /** Sends a question and says its id; a question that cannot be sent is refused and has none. */
  #send(method: string, params: unknown, refuse: (error: PluginError) => void): number | undefined {
    if (this.#failure !== undefined) return void refuse(this.#failure);
    const id = this.#nextId++;
    try {
      this.#wire.send({ id, method, params });
      return id;
    } catch (error) {
      refuse(PluginError.from(error, 'RPC_2003', { plugin: this.#setup.plugin }));
      return undefined;
    }
  }

  #cancel(id: number): void {
    if (this.#pending.delete(id)) this.#tell({ method: 'plugin.cancel', params: { id } });
  }

  #tell(message: Parameters<Wire['send']>[0]): void {
    try {
      this.#wire.send(message);
    } catch (error) {
      if ('result' in message) return this.#tell({ id: message.id, error: toWireError(error) });
      // Nobody waits for a notification; a plugin that does not read is noticed by the calls.
    }
  }

  #asked(method: string, message: Incoming): void {
    const params = asRecord(message['params']);
    const id = message['id'];
    if (method === 'host.log') return this.#events.log(params['level'], params['message'], params['fields']);
    if (method === 'host.progress') return this.#progress(params);
    if (typeof id !== 'number' && typeof id !== 'string') return;
    if (method === 'host.call') return void this.#answer(id, params);
    this.#tell({
      id,
      error: { code: rpcCodes.methodNotFound, message: `the host has no method '${printable(method, 80)}'` },
    });
  }

  async #answer(id: number | string, params: Incoming): Promise<void> {
    const service = params['service'];
    if (typeof service !== 'string' || this.#hostCalls >= maxHostCalls) {
      const message = `give the service a name, and ask at most ${maxHostCalls} at once`;
      return this.#tell({ id, error: { code: rpcCodes.invalidParams, message } });
    }
    this.#hostCalls++;
    try {
      const answer = await this.#setup.callHost(service, params['request'], this.#askedIn(params));
      this.#tell({ id, result: answer ?? null });
    } catch (error) {
      this.#tell({ id, error: toWireError(error) });
    } finally {
      this.#hostCalls--;
    }
  }

  /** A plugin asks within a call that it was given, or in no trace at all. */
  #askedIn(params: Incoming): TraceContext | undefined {
    const call = params['call'];
    const { trace } = (typeof call === 'number' ? this.#pending.get(call) : undefined) ?? {};
    return trace && askedIn(trace, params['traceparent']);
  }

  #progress(params: Incoming): void {
    const id = params['id'];
    if (typeof id !== 'number') return;
    this.#pending.get(id)?.onProgress?.(params['value']);
  }
}

/** Without the fields that are undefined: a thread would be sent them by name. */
function contextOf(call: ChannelCall): object {
  const { requestId, attempt, remainingMs, traceparent, tracestate, headers, metadata } = call;
  const context: Record<string, unknown> = { requestId, attempt };
  if (Number.isFinite(remainingMs)) context['timeoutMs'] = Math.ceil(remainingMs);
  if (traceparent !== undefined) context['traceparent'] = traceparent;
  if (tracestate !== undefined) context['tracestate'] = tracestate;
  if (headers !== undefined) context['headers'] = headers;
  if (metadata !== undefined) context['metadata'] = metadata;
  return context;
}

function asRecord(value: unknown): Incoming {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Incoming) : {};
}

function atHook(error: PluginError, hook: string | undefined): PluginError {
  if (hook === undefined) return error;
  const { code, plugin, rawMessage: message, retryable, retryAfterMs, context, cause } = error;
  return new PluginError(code, { plugin, hook, message, retryable, retryAfterMs, context, cause });
}
