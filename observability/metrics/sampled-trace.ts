/** W3C Trace Context, version 00 and what later versions keep of it. */
const pattern = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/;

/** The ids of a trace that somebody keeps: those of a `traceparent` whose sampled flag is set. */
export function sampledTrace(
  traceparent: string,
): { readonly traceId: string; readonly spanId: string } | undefined {
  if (traceparent.endsWith('-00')) return undefined; // most traces are not sampled, and the pattern costs time
  const [, traceId, spanId, flags] = pattern.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined; // the standard calls these invalid
  return (Number.parseInt(flags, 16) & 1) === 1 ? { traceId, spanId } : undefined;
}
