/** What a caller may say about one call; go-plugins calls it the execution context. */
export interface ExecutionContext {
  /** Names the call in logs on both sides. Default: one that is unique in this process. */
  readonly requestId?: string;
  /** How long the caller waits, retries included, in milliseconds. Default, and for 0: the plugin's. */
  readonly timeoutMs?: number;
  /** How often a retryable failure is tried again. Default: the plugin's retry policy. */
  readonly maxRetries?: number;
  /** Gives up when it aborts; the call rejects with `PLUGIN_1206`. */
  readonly signal?: AbortSignal;
  /** Short facts for the plugin, such as a tenant. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Structured facts for the plugin; they travel as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** W3C trace context to pass on. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** Called when the plugin says how far it is. */
  readonly onProgress?: (value: unknown) => void;
}
