import type * as Api from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';

import { PluginError } from '../../src/core/errors.ts';
import { tellQuietly } from '../../src/core/listener.ts';
import type { CallContext } from '../../src/core/plugin.ts';
import { isThenable } from '../../src/core/thenable.ts';
import { formatTraceparent, parseTraceparent } from '../../src/core/trace-context.ts';

type OpenTelemetry = typeof Api;

/** Where OpenTelemetry keeps the providers that a program has registered. */
const registered = Symbol.for('opentelemetry.js.api.1');

/** The plugin's side of traces: spans of the calls it answers. */
export interface ServedSpans {
  /** Answers a call in a server span that continues the caller's trace. */
  serve(call: CallContext, answer: () => unknown): unknown;
  /** Where the running code stands in a trace. */
  here(): string | undefined;
}

/** The spans of a plugin that runs OpenTelemetry; one that does not loads nothing. */
export async function servedSpans(plugin: string): Promise<ServedSpans | undefined> {
  const providers: unknown = Reflect.get(globalThis, registered);
  if (typeof providers !== 'object' || providers === null || !('trace' in providers)) return undefined;
  const otel = await import('@opentelemetry/api').catch(() => undefined);
  return otel && new OtelServedSpans(otel, plugin);
}

class OtelServedSpans implements ServedSpans {
  readonly #otel: OpenTelemetry;
  readonly #plugin: string;

  constructor(otel: OpenTelemetry, plugin: string) {
    this.#otel = otel;
    this.#plugin = plugin;
  }

  serve(call: CallContext, answer: () => unknown): unknown {
    const started = this.#start(call);
    if (started === undefined) return answer();
    const { span, inside } = started;
    try {
      const result = this.#otel.context.with(inside, answer);
      if (isThenable(result))
        result.then(
          () => this.#end(span),
          (error: unknown) => this.#end(span, error),
        );
      else this.#end(span);
      return result;
    } catch (error) {
      this.#end(span, error);
      throw error;
    }
  }

  here(): string | undefined {
    const { trace, context, isSpanContextValid, TraceFlags } = this.#otel;
    const place = trace.getSpanContext(context.active());
    if (place === undefined || !isSpanContextValid(place)) return undefined;
    return formatTraceparent({ ...place, sampled: (place.traceFlags & TraceFlags.SAMPLED) !== 0 });
  }

  #start(call: CallContext): { span: Span; inside: Context } | undefined {
    const { trace, SpanKind } = this.#otel;
    const method = `${this.#plugin}/${call.hook}`;
    const attributes = {
      'rpc.system.name': 'jsonrpc',
      'rpc.method': method,
      'plugboard.plugin': this.#plugin,
      'plugboard.attempt': call.attempt,
    };
    try {
      const parent = this.#parent(call);
      const span = trace
        .getTracer('plugboard')
        .startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
      return { span, inside: trace.setSpan(parent, span) };
    } catch {
      return undefined; // the plugin's OpenTelemetry is broken; its answers need not be
    }
  }

  #parent({ traceparent = '', tracestate }: CallContext): Context {
    const { trace, ROOT_CONTEXT, TraceFlags, createTraceState } = this.#otel;
    const ids = parseTraceparent(traceparent);
    if (ids === undefined) return ROOT_CONTEXT;
    return trace.setSpanContext(ROOT_CONTEXT, {
      traceId: ids.traceId,
      spanId: ids.spanId,
      traceFlags: ids.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
      isRemote: true,
      ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
    });
  }

  #end(span: Span, thrown?: unknown): void {
    tellQuietly(() => {
      if (thrown !== undefined) {
        const { code, rawMessage } = PluginError.from(thrown, 'PLUGIN_1203');
        span.setAttribute('error.type', code);
        span.setStatus({ code: this.#otel.SpanStatusCode.ERROR, message: rawMessage });
      }
      span.end();
    });
  }
}
