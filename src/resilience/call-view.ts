import type { ExecutionContext } from '../core/execution-context.ts';
import type { PluginError } from '../core/errors.ts';
import { tellQuietly } from '../core/listener.ts';
import type { CallSpan, TracedCall, Tracer } from '../core/tracer.ts';
import type { Channel, ChannelCall } from '../core/transport.ts';
import type { CallParts } from './call-parts.ts';

const processTag = Math.random().toString(36).slice(2, 8);
let callCount = 0;

/**
 * A call as channels see it: what is seldom read is made when it is read. Its private members, and those of `Call`,
 * are private to the compiler only: `#` fields would cost every call a tenth of its time.
 */
export abstract class CallView implements ChannelCall {
  readonly hook: string;
  request: unknown;
  attempt: number = 1;
  /** Whether the caller has its answer or its error. */
  settled: boolean = false;
  onCancel: ((reason: PluginError) => void) | undefined = undefined;
  cancelled: PluginError | undefined = undefined;
  /** How long the caller waits, in milliseconds. */
  timeoutMs: number = 0;
  /** When its time is over, on the clock; 0 in its first moment. */
  expiresAt: number = 0;
  protected readonly options: ExecutionContext | undefined;
  /** Undefined while nobody traces. */
  protected span: CallSpan | undefined = undefined;
  protected readonly parts: CallParts;
  private ownId: string | undefined = undefined;

  constructor(parts: CallParts, hook: string, request: unknown, options: ExecutionContext | undefined) {
    this.parts = parts;
    this.hook = hook;
    this.request = request;
    this.options = options;
  }

  get requestId(): string {
    return (this.ownId ??= this.options?.requestId ?? `req_${processTag}_${(++callCount).toString(36)}`);
  }

  get remainingMs(): number {
    return this.expiresAt === 0 ? this.timeoutMs : Math.max(0, this.expiresAt - this.parts.clock.now());
  }

  get headers(): Readonly<Record<string, string>> | undefined {
    return this.options?.headers;
  }

  get metadata(): Readonly<Record<string, unknown>> | undefined {
    return this.options?.metadata;
  }

  get traceparent(): string | undefined {
    return this.span === undefined ? this.options?.traceparent : this.span.context?.traceparent;
  }

  get tracestate(): string | undefined {
    return this.span === undefined ? this.options?.tracestate : this.span.context?.tracestate;
  }

  get onProgress(): ((value: unknown) => void) | undefined {
    const tell = this.options?.onProgress;
    return tell && ((value) => this.progress(tell, value));
  }

  /** Ends the call for a reason that is not the plugin's; the plugin is told. */
  cancel(reason: PluginError): void {
    if (this.settled) return;
    const tell = this.onCancel;
    this.cancelled = reason;
    this.fail(reason);
    tell?.(reason);
  }

  protected abstract fail(reason: PluginError): void;

  protected startSpan(tracer: Tracer, { plugin, transport }: Pick<TracedCall, 'plugin' | 'transport'>): void {
    const { traceparent, tracestate } = this.options ?? {};
    const parent = traceparent === undefined ? undefined : { traceparent, tracestate };
    this.span = tracer.startCall({ plugin, hook: this.hook, transport, parent });
  }

  /** Asks so that what the plugin traces, where it is in this process, belongs to the attempt. */
  protected askTraced(channel: Channel, span: CallSpan): unknown {
    return span.run(() => channel.call(this));
  }

  private progress(tell: (value: unknown) => void, value: unknown): void {
    if (this.settled) return;
    tellQuietly(() => tell(value));
  }
}
