import type { Clock } from '../src/core/clock.ts';
import { PluginError } from '../src/core/errors.ts';
import { withFields, type Logger } from '../src/core/logger.ts';
import type { AnyHandler, AnyServices, CallContext, HostClient, Plugin } from '../src/core/plugin.ts';
import type { Channel, ChannelCall, OpenSetup, PluginSource } from '../src/core/transport.ts';
import { withResolvers } from './wire/with-resolvers.ts';
import { hostClient } from './wire/host-client.ts';
import { reportOf } from './wire/health-report.ts';
import { startTimedOut } from './wire/start-timeout.ts';
import { LazySignal } from './wire/lazy-signal.ts';
import { traceFields } from './wire/trace-fields.ts';

/**
 * A plugin in this very process: as fast as a function call, and as trusted as one. Nothing is copied, so
 * request and answer are shared objects.
 * @throws {PluginError} `REGISTRY_1907` for what is no plugin.
 */
export function inProcess<H>(plugin: Plugin<H>): PluginSource<H> {
  if (!isPlugin(plugin)) {
    throw new PluginError('REGISTRY_1907', {
      message: 'inProcess needs a plugin. Make it with definePlugin.',
    });
  }
  return { kind: 'in-process', target: plugin.info.name, open: (setup) => openInProcess(plugin, setup) };
}

function isPlugin(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'handlers' in value && value.handlers instanceof Map;
}

async function openInProcess(plugin: Plugin, setup: OpenSetup): Promise<Channel> {
  const hooks = [...plugin.handlers.keys()];
  if (!hooks.some((hook) => setup.hooks.includes(hook))) {
    const message = `the host asks [${setup.hooks.join(', ')}], the plugin answers [${hooks.join(', ')}]`;
    throw new PluginError('RPC_2002', { plugin: setup.plugin, message });
  }
  const host = hostClient(setup.callHost);
  await initialized(plugin, setup, host);
  return new InProcessChannel(plugin, setup, host);
}

/** Waits for `initialize`, as long as a start may take and somebody wants it. */
async function initialized(plugin: Plugin, setup: OpenSetup, host: HostClient<AnyServices>): Promise<void> {
  const { clock, signal, startTimeoutMs, config, logger: log } = setup;
  if (plugin.initialize === undefined) return;
  const started = Promise.resolve(plugin.initialize({ config, log, host }));
  await new Promise<void>((resolve, reject) => {
    const timer = clock.startTimer(startTimeoutMs, () => reject(startTimedOut(setup.plugin, startTimeoutMs)));
    const onAbort = (): void =>
      reject(PluginError.from(signal.reason, 'PLUGIN_1206', { plugin: setup.plugin }));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    void started.then(resolve, reject).finally(() => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    });
  });
}

/** A plugin that is ended by force still gets so long to close, in milliseconds: it cannot be killed. */
const leastCloseMs = 1000;

const noHandler: AnyHandler = () => undefined;

class InProcessChannel implements Channel {
  readonly info: Channel['info'];
  readonly hooks: readonly string[];
  readonly ended: Promise<PluginError | undefined>;
  readonly #plugin: Plugin;
  readonly #clock: Clock;
  readonly #place: Place;
  readonly #end: (reason: PluginError | undefined) => void;
  #closing: Promise<void> | undefined;
  #lastHook: string | undefined = undefined;
  #lastHandler: AnyHandler = noHandler;

  constructor(plugin: Plugin, setup: OpenSetup, host: HostClient<AnyServices>) {
    this.info = plugin.info;
    this.hooks = [...plugin.handlers.keys()];
    this.#plugin = plugin;
    this.#clock = setup.clock;
    this.#place = { plugin: setup.plugin, host, log: setup.logger, callHost: setup.callHost };
    const { promise, resolve } = withResolvers<PluginError | undefined>();
    this.ended = promise;
    this.#end = resolve;
  }

  call(call: ChannelCall): unknown {
    const handler = call.hook === this.#lastHook ? this.#lastHandler : this.#find(call.hook);
    return handler(call.request, new InProcessContext(call, this.#place));
  }

  #find(hook: string): AnyHandler {
    const handler = this.#plugin.handlers.get(hook);
    if (handler === undefined) throw this.#notAnswered(hook);
    this.#lastHook = hook;
    this.#lastHandler = handler;
    return handler;
  }

  async health(): ReturnType<Channel['health']> {
    return reportOf(await this.#plugin.health?.());
  }

  async configure(config: unknown): Promise<boolean> {
    await this.#plugin.configure?.(config);
    return this.#plugin.configure !== undefined;
  }

  /** Code that runs in this process cannot be stopped; calls end at their deadlines. It may clean up all the same. */
  kill(reason: PluginError): void {
    this.#closing ??= this.#close(leastCloseMs, reason);
  }

  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close(Math.max(timeoutMs, leastCloseMs));
    return this.#closing;
  }

  async #close(timeoutMs: number, reason?: PluginError): Promise<void> {
    const closed = this.#closePlugin();
    await new Promise<void>((resolve) => {
      const timer = this.#clock.startTimer(timeoutMs, () => {
        this.#place.log.warn('close did not end in time', { timeoutMs });
        resolve();
      });
      void closed.finally(() => {
        timer.cancel();
        resolve();
      });
    });
    this.#end(reason);
  }

  async #closePlugin(): Promise<void> {
    try {
      await this.#plugin.close?.();
    } catch (error) {
      this.#place.log.warn('close failed', { error: PluginError.from(error, 'PLUGIN_1203').rawMessage });
    }
  }

  #notAnswered(hook: string): PluginError {
    const message = `the plugin does not answer this hook, only: ${this.hooks.join(', ')}`;
    return new PluginError('PLUGIN_1211', { plugin: this.#place.plugin, hook, message });
  }
}

interface Place {
  readonly plugin: string;
  readonly host: HostClient<AnyServices>;
  readonly log: Logger;
  readonly callHost: OpenSetup['callHost'];
}

const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

/** A handler's view of a call; everything costly is made when it is read. */
class InProcessContext implements CallContext {
  readonly attempt: number;
  // Private to the compiler only: a context is made for every call, and `#` fields cost time.
  private readonly call: ChannelCall;
  private readonly place: Place;
  private lazy: LazySignal | undefined;

  constructor(call: ChannelCall, place: Place) {
    this.attempt = call.attempt;
    this.call = call;
    this.place = place;
    this.lazy = undefined;
  }

  get requestId(): string {
    return this.call.requestId;
  }
  get plugin(): string {
    return this.place.plugin;
  }
  get hook(): string {
    return this.call.hook;
  }
  get remainingMs(): number {
    return this.call.remainingMs;
  }
  get headers(): Readonly<Record<string, string>> {
    return this.call.headers ?? noHeaders;
  }
  get metadata(): Readonly<Record<string, unknown>> {
    return this.call.metadata ?? noHeaders;
  }
  get traceparent(): string | undefined {
    return this.call.traceparent;
  }
  get tracestate(): string | undefined {
    return this.call.tracestate;
  }
  /** In a trace the host is asked in the place of this call. */
  get host(): HostClient<AnyServices> {
    const { traceparent, tracestate } = this.call;
    if (traceparent === undefined) return this.place.host;
    const { callHost } = this.place;
    return hostClient((service, request) => callHost(service, request, { traceparent, tracestate }));
  }
  get log(): Logger {
    const fields = traceFields(this.call.traceparent);
    return fields === undefined ? this.place.log : withFields(this.place.log, fields);
  }

  get signal(): AbortSignal {
    if (this.lazy === undefined) {
      const lazy = new LazySignal();
      this.lazy = lazy;
      const { cancelled, attempt } = this.call;
      if (attempt !== this.attempt) lazy.abort(superseded(this.attempt));
      else if (cancelled === undefined) this.call.onCancel = (reason) => lazy.abort(reason);
      else lazy.abort(cancelled);
    }
    return this.lazy.signal;
  }

  /** A function of its own, so that it may be taken out of the context as the other members can. */
  get progress(): (value: unknown) => void {
    return (value) => this.call.onProgress?.(value);
  }
}

function superseded(attempt: number): PluginError {
  return new PluginError('PLUGIN_1206', { message: `attempt ${attempt} took too long; another one runs` });
}
