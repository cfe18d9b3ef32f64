/** Where a call stands in a trace, as W3C Trace Context has it. */
export interface TraceContext {
  /** `00-<32 hex digits: trace>-<16: span>-<2: flags>`. */
  readonly traceparent: string;
  /** What tracing systems add for themselves. */
  readonly tracestate?: string | undefined;
}

/** The ids in a `traceparent`. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
  /** Whether somebody keeps the trace. */
  readonly sampled: boolean;
}

const pattern = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Reads a `traceparent`; undefined for one that W3C Trace Context calls invalid. Later versions are read as version 00. */
export function parseTraceparent(text: string): TraceIds | undefined {
  const [, version, traceId, spanId, flags, more] = pattern.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The `traceparent` of these ids. */
export function formatTraceparent({ traceId, spanId, sampled }: TraceIds): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
