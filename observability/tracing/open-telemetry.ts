import type * as Api from '@opentelemetry/api';

import { formatTraceparent, parseTraceparent, type TraceContext } from '../../src/core/trace-context.ts';
import { installed } from '../otlp/optional-packages.ts';

/** The package `@opentelemetry/api`, which is loaded only where somebody traces. */
export type OpenTelemetry = typeof Api;

/** @throws {PluginError} `CONFIG_1703` if it is not installed. */
export async function loadOpenTelemetry(): Promise<OpenTelemetry> {
  return installed(import('@opentelemetry/api'), 'tracing', ['@opentelemetry/api']);
}

/** The context of a caller that named its place in a trace; else the active one. */
export function parentContext(otel: OpenTelemetry, parent: TraceContext | undefined): Api.Context {
  const active = otel.context.active();
  const ids = parent && parseTraceparent(parent.traceparent);
  if (parent === undefined || ids === undefined) return active;
  return otel.trace.setSpanContext(active, {
    traceId: ids.traceId,
    spanId: ids.spanId,
    traceFlags: ids.sampled ? otel.TraceFlags.SAMPLED : otel.TraceFlags.NONE,
    isRemote: true,
    ...(parent.tracestate !== undefined && { traceState: otel.createTraceState(parent.tracestate) }),
  });
}

/** A span's place in its trace, as it travels; undefined for a span of no trace. */
export function placeOf(otel: OpenTelemetry, span: Api.Span): TraceContext | undefined {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  if (!otel.isSpanContextValid(span.spanContext())) return undefined;
  const sampled = (traceFlags & otel.TraceFlags.SAMPLED) !== 0;
  const tracestate = traceState?.serialize();
  return {
    traceparent: formatTraceparent({ traceId, spanId, sampled }),
    ...(tracestate && { tracestate }),
  };
}
