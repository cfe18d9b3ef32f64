import type { CallOptions } from '../core/call-options.ts';
import { PluginError } from '../core/errors.ts';
import type { Channel, ChannelCall } from '../core/transport.ts';
import { backoffMs, jittered } from './backoff.ts';
import type { CallPath, RetryPolicy } from './call-path.ts';
import type { DeadlineEntry, DeadlineList } from './deadlines.ts';
import { checked } from './schema-check.ts';

const processTag = Math.random().toString(36).slice(2, 8);
let callCount = 0;

/**
 * One call from its start to its only end. It is its own entry in the deadline queue and its own view for
 * the channel, so that a call costs two objects and one promise.
 */
export class Call implements ChannelCall, DeadlineEntry {
  readonly path: CallPath;
  readonly hook: string;
  request: unknown;
  attempt: number = 1;
  onCancel: ((reason: PluginError) => void) | undefined = undefined;
  cancelled: PluginError | undefined = undefined;
  expiresAt: number = Infinity;
  list: DeadlineList | undefined = undefined;
  previous: DeadlineEntry | undefined = undefined;
  next: DeadlineEntry | undefined = undefined;
  readonly #options: CallOptions | undefined;
  readonly #resolve: (answer: unknown) => void;
  readonly #reject: (error: PluginError) => void;
  #timeoutMs = 0;
  #admitted = false;
  #settled = false;
  #requestId: string | undefined;
  #onAbort: (() => void) | undefined;

  constructor(
    path: CallPath,
    hook: string,
    request: unknown,
    options: CallOptions | undefined,
    resolve: (answer: unknown) => void,
    reject: (error: PluginError) => void,
  ) {
    this.path = path;
    this.hook = hook;
    this.request = request;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get requestId(): string {
    return (this.#requestId ??=
      this.#options?.requestId ?? `req_${processTag}_${(++callCount).toString(36)}`);
  }

  get remainingMs(): number {
    return Math.max(0, this.expiresAt - this.path.parts.clock.now());
  }

  get headers(): Readonly<Record<string, string>> | undefined {
    return this.#options?.headers;
  }

  get metadata(): Readonly<Record<string, unknown>> | undefined {
    return this.#options?.metadata;
  }

  get traceparent(): string | undefined {
    return this.#options?.traceparent;
  }

  get tracestate(): string | undefined {
    return this.#options?.tracestate;
  }

  get onProgress(): ((value: unknown) => void) | undefined {
    const tell = this.#options?.onProgress;
    return tell && ((value) => this.#progress(tell, value));
  }

  /** Starts the call: counted, bounded in time, admitted, checked, asked. */
  begin(): void {
    const { path } = this;
    const { deadlines, timeoutMs, breaker, contract } = path.parts;
    path.started++;
    path.active++;
    this.#timeoutMs = this.#options?.timeoutMs || timeoutMs;
    deadlines.add(this, this.#timeoutMs);
    if (this.#options?.signal !== undefined && this.#watch(this.#options.signal)) return;
    const refusal = breaker?.admit();
    if (refusal !== undefined) return this.#fail(refusal);
    this.#admitted = breaker !== undefined;
    const schema = contract[this.hook]?.request;
    if (schema === undefined) return this.#try();
    checked(
      schema,
      this.request,
      (request) => {
        this.request = request;
        this.#try();
      },
      (why) => this.#fail(this.#error('PLUGIN_1209', `the request breaks the contract: ${why}`)),
    );
  }

  /** The deadline is over. */
  expire(): void {
    const message = `no answer within ${this.#timeoutMs} ms. Raise timeoutMs, or look at why the plugin is slow.`;
    this.cancel(this.#error('PLUGIN_1204', message));
  }

  /** Ends the call for a reason that is not the plugin's; the plugin is told. */
  cancel(reason: PluginError): void {
    if (this.#settled) return;
    this.cancelled = reason;
    this.#fail(reason);
    this.onCancel?.(reason);
  }

  #watch(signal: AbortSignal): boolean {
    const onAbort = (): void => {
      const error = this.#error('PLUGIN_1206', 'the caller gave up before the answer came.', {
        cause: signal.reason,
      });
      this.cancel(error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', (this.#onAbort = onAbort), { once: true });
    return signal.aborted;
  }

  #try(): void {
    if (this.#settled) return;
    let channel: Channel | Promise<Channel>;
    try {
      channel = this.path.parts.channel();
    } catch (error) {
      return this.#attemptFailed(error);
    }
    if (channel instanceof Promise)
      channel.then(
        (ready) => this.#ask(ready),
        (error: unknown) => this.#attemptFailed(error),
      );
    else this.#ask(channel);
  }

  #ask(channel: Channel): void {
    if (this.#settled) return;
    const { attempt } = this;
    let answer: unknown;
    try {
      answer = channel.call(this);
      if (isThenable(answer)) {
        answer.then(
          (value) => this.#answered(value, attempt),
          (error: unknown) => this.#attemptFailed(error, attempt),
        );
        return;
      }
    } catch (error) {
      return this.#attemptFailed(error);
    }
    this.#answered(answer, attempt);
  }

  #answered(answer: unknown, attempt: number): void {
    if (this.#settled || attempt !== this.attempt) return;
    const schema = this.path.parts.contract[this.hook]?.response;
    if (schema === undefined) return this.#succeed(answer);
    checked(
      schema,
      answer,
      (value) => this.#succeed(value),
      (why) => this.#fail(this.#error('PLUGIN_1210', `the plugin's answer breaks the contract: ${why}`)),
    );
  }

  #attemptFailed(thrown: unknown, attempt: number = this.attempt): void {
    if (this.#settled || attempt !== this.attempt) return;
    const error = PluginError.from(thrown, 'PLUGIN_1203', {
      plugin: this.path.parts.plugin,
      hook: this.hook,
    });
    const { retry } = this.path.parts;
    const maxRetries = this.#options?.maxRetries ?? retry?.maxRetries ?? 0;
    if (retry === undefined || !error.retryable || maxRetries === 0) return this.#fail(error);
    if (attempt > maxRetries) return this.#fail(this.#givenUp(error));
    this.#retryLater(error, retry);
  }

  #retryLater(error: PluginError, retry: RetryPolicy): void {
    const planned = jittered(backoffMs(retry, this.attempt), retry.jitter, Math.random());
    const delayMs = Math.max(planned, error.retryAfterMs ?? 0);
    if (delayMs >= this.remainingMs) return this.#fail(this.#givenUp(error));
    this.attempt++;
    const timer = this.path.parts.clock.startTimer(delayMs, () => this.#try());
    this.onCancel = () => timer.cancel();
  }

  #givenUp(error: PluginError): PluginError {
    const { code, rawMessage } = error;
    const message = `failed after ${this.attempt} attempts, at last with ${code}: ${rawMessage}`;
    return this.#error('PLUGIN_1203', message, {
      cause: error,
      context: { attempts: this.attempt, lastCode: code },
    });
  }

  #progress(tell: (value: unknown) => void, value: unknown): void {
    if (this.#settled) return;
    try {
      tell(value);
    } catch {
      // The caller's own listener; the call goes on.
    }
  }

  #succeed(answer: unknown): void {
    if (this.#settled) return;
    this.path.succeeded++;
    this.#settle(undefined);
    this.#resolve(answer);
  }

  #fail(error: PluginError): void {
    if (this.#settled) return;
    this.#settle(error);
    this.#reject(error);
  }

  #settle(error: PluginError | undefined): void {
    const { path } = this;
    const { deadlines, recorder, clock, breaker } = path.parts;
    this.#settled = true;
    deadlines.remove(this);
    if (this.#onAbort !== undefined) this.#options?.signal?.removeEventListener('abort', this.#onAbort);
    if (this.#admitted) breaker?.settle(error === undefined);
    recorder?.ended(clock.now() - this.expiresAt + this.#timeoutMs, error?.code);
    path.ended();
  }

  #error(
    code: 'PLUGIN_1203' | 'PLUGIN_1204' | 'PLUGIN_1206' | 'PLUGIN_1209' | 'PLUGIN_1210',
    message: string,
    more: { cause?: unknown; context?: Record<string, unknown> } = {},
  ): PluginError {
    return new PluginError(code, { plugin: this.path.parts.plugin, hook: this.hook, message, ...more });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
