import { parseTraceparent } from '../../src/core/trace-context.ts';

/** What a record of a traced call says, by the names that OpenTelemetry gives them in logs; undefined without a trace. */
export function traceFields(
  traceparent: string | undefined,
): { readonly trace_id: string; readonly span_id: string } | undefined {
  const ids = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  return ids && { trace_id: ids.traceId, span_id: ids.spanId };
}
