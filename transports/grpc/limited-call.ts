import type { ChannelCall } from '../../src/core/transport.ts';

/** A call that has less time on its connection than its caller has; all else is the caller's, but for who is told its end. */
export class LimitedCall implements ChannelCall {
  readonly remainingMs: number;
  onCancel: ChannelCall['onCancel'] = undefined;
  readonly #call: ChannelCall;

  constructor(call: ChannelCall, remainingMs: number) {
    this.#call = call;
    this.remainingMs = remainingMs;
  }

  get hook(): string {
    return this.#call.hook;
  }

  get request(): unknown {
    return this.#call.request;
  }

  get requestId(): string {
    return this.#call.requestId;
  }

  get attempt(): number {
    return this.#call.attempt;
  }

  get headers(): ChannelCall['headers'] {
    return this.#call.headers;
  }

  get metadata(): ChannelCall['metadata'] {
    return this.#call.metadata;
  }

  get traceparent(): string | undefined {
    return this.#call.traceparent;
  }

  get tracestate(): string | undefined {
    return this.#call.tracestate;
  }

  get cancelled(): ChannelCall['cancelled'] {
    return this.#call.cancelled;
  }

  get onProgress(): ChannelCall['onProgress'] {
    return this.#call.onProgress;
  }
}
