import { systemClock } from '../../src/core/clock.ts';
import { withFields, type Logger } from '../../src/core/logger.ts';
import type { AnyServices, CallContext, HostClient } from '../../src/core/plugin.ts';
import { LazySignal } from './lazy-signal.ts';
import { traceFields } from './trace-fields.ts';
import type { Incoming } from './messages.ts';

const empty = Object.freeze({});

/** A call as the plugin's handler sees it, made from what came over the wire. */
export class ServedCall implements CallContext {
  readonly plugin: string;
  readonly hook: string;
  readonly progress: (value: unknown) => void;
  readonly #context: Incoming;
  readonly #deadline: number;
  readonly #lazy = new LazySignal();
  readonly #makeHost: () => HostClient<AnyServices>;
  readonly #log: Logger;
  #host: HostClient<AnyServices> | undefined;

  constructor(
    params: Incoming,
    plugin: string,
    makeHost: () => HostClient<AnyServices>,
    log: Logger,
    progress: (value: unknown) => void,
  ) {
    this.plugin = plugin;
    this.hook = String(params['hook']);
    this.#makeHost = makeHost;
    this.#log = log;
    this.progress = progress;
    this.#context = asRecord(params['context']);
    const timeoutMs = this.#context['timeoutMs'];
    this.#deadline = typeof timeoutMs === 'number' ? systemClock.now() + timeoutMs : Infinity;
  }

  get requestId(): string {
    return this.#text('requestId') ?? '';
  }

  get attempt(): number {
    const attempt = this.#context['attempt'];
    return typeof attempt === 'number' ? attempt : 1;
  }

  get remainingMs(): number {
    return Math.max(0, this.#deadline - systemClock.now());
  }

  get signal(): AbortSignal {
    return this.#lazy.signal;
  }

  /** The host's services, asked in this call's place in its trace. */
  get host(): HostClient<AnyServices> {
    return (this.#host ??= this.#makeHost());
  }

  get log(): Logger {
    const fields = traceFields(this.traceparent);
    return fields === undefined ? this.#log : withFields(this.#log, fields);
  }

  get aborted(): boolean {
    return this.#lazy.aborted;
  }

  get headers(): Readonly<Record<string, string>> {
    return asRecord(this.#context['headers']) as Readonly<Record<string, string>>;
  }

  get metadata(): Readonly<Record<string, unknown>> {
    return asRecord(this.#context['metadata']);
  }

  get traceparent(): string | undefined {
    return this.#text('traceparent');
  }

  get tracestate(): string | undefined {
    return this.#text('tracestate');
  }

  abort(reason: unknown): void {
    this.#lazy.abort(reason);
  }

  #text(key: string): string | undefined {
    const value = this.#context[key];
    return typeof value === 'string' ? value : undefined;
  }
}

function asRecord(value: unknown): Incoming {
  return typeof value === 'object' && value !== null ? (value as Incoming) : empty;
}
