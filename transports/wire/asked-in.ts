import { formatTraceparent, parseTraceparent, type TraceContext } from '../../src/core/trace-context.ts';

/**
 * Where a plugin stood when it asked the host: what it says itself, if that is in the trace of the call it was given.
 * It can neither speak in another's trace nor decide that a trace is kept.
 */
export function askedIn(call: TraceContext, claimed: unknown): TraceContext {
  const own = typeof claimed === 'string' ? parseTraceparent(claimed) : undefined;
  const given = parseTraceparent(call.traceparent);
  if (own === undefined || own.traceId !== given?.traceId) return call;
  return { ...call, traceparent: formatTraceparent({ ...own, sampled: given.sampled }) };
}
