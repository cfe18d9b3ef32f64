import type { PluginError } from './errors.ts';
import type { TraceContext } from './trace-context.ts';

/** What a trace says of a call. */
export interface TracedCall {
  readonly plugin: string;
  readonly hook: string;
  /** The kind of the plugin's source: `in-process`, `subprocess`. */
  readonly transport: string;
  /** The caller's own place in a trace; without it the active context of this process counts. */
  readonly parent: TraceContext | undefined;
}

/** What may happen to a call besides its attempts. */
export type CallEvent = 'retry' | 'queued' | 'start';

/** Facts about an event. */
export type EventFacts = Readonly<Record<string, string | number | boolean>>;

/** The span of one call, and within it one of each attempt. */
export interface CallSpan {
  /** What travels to the plugin: the place of the running attempt, or of the call before it has one. */
  readonly context: TraceContext | undefined;
  /** An attempt begins at the instance of this number. */
  startAttempt(attempt: number, instance: number): void;
  /** Runs a function so that what it traces in this process belongs to the attempt. */
  run<T>(ask: () => T): T;
  /** The attempt failed. */
  failAttempt(error: PluginError): void;
  event(event: CallEvent, facts?: EventFacts): void;
  /** The call is over, and with it the attempt that still runs; `error` is undefined for a success. */
  end(error: PluginError | undefined): void;
}

/** What a trace says of a plugin's call to the host. */
export interface TracedService {
  readonly plugin: string;
  readonly transport: string;
  readonly service: string;
  readonly parent: TraceContext | undefined;
}

/** Makes spans of calls: the port that observability implements. Nothing of it throws. */
export interface Tracer {
  startCall(call: TracedCall): CallSpan;
  /** Runs a host service in a span of its own, whose place in the trace it is told. */
  serve<T>(asked: TracedService, run: (context: TraceContext | undefined) => T): T;
  /** Hands out what is left, within `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/** How traces are made and where they go. Without `endpoint` they go where the application's OpenTelemetry sends its own. */
export interface TracingOptions {
  /** An OTLP receiver: `http://collector:4318`, or for gRPC `http://collector:4317`. Makes an own, private pipeline. */
  readonly endpoint?: string;
  /** What traces call this program, as `service.name`. Needs `endpoint`. Default: OTel's, `unknown_service:node`. */
  readonly serviceName?: string;
  /**
   * The share of new traces that is kept, 0 to 1; a call with a parent follows it. Needs `endpoint`.
   * Default 1, as in OTel, so that the first trace is not missed.
   */
  readonly sampleRate?: number;
  /** Sent with every export: `{ 'api-key': '…' }`. Needs `endpoint`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default `http/protobuf`, as the OTLP specification recommends. Needs `endpoint`. */
  readonly protocol?: OtlpProtocol;
}

/** The transports of OTLP, by the names of its specification. */
export type OtlpProtocol = 'http/protobuf' | 'http/json' | 'grpc';

/** Where the parts of a manager look for the tracer of the moment. */
export interface Tracing {
  readonly tracer: Tracer | undefined;
}
