import type { Tracer } from '@opentelemetry/api';
import type * as Transformer from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

import type { Clock } from '../../src/core/clock.ts';
import type { Logger } from '../../src/core/logger.ts';
import type { TracingOptions } from '../../src/core/tracer.ts';
import { openSender } from '../otlp/open-sender.ts';
import { installed } from '../otlp/optional-packages.ts';
import { ReceiverLog } from '../otlp/receiver-log.ts';
import { resourceOf } from '../otlp/resource.ts';

import { scope } from '../otlp/scope.ts';
import { SpanQueue, type SpanCodec } from './span-queue.ts';

const packages = [
  '@opentelemetry/api',
  '@opentelemetry/sdk-trace',
  '@opentelemetry/resources',
  '@opentelemetry/otlp-transformer',
] as const;

/** A tracer of our own, with its end. */
export interface Pipeline {
  readonly tracer: Tracer;
  close(timeoutMs: number): Promise<void>;
}

/** Spans of plugboard's alone, to an OTLP receiver; the application's own OpenTelemetry is left as it is. */
export async function ownPipeline(
  endpoint: string,
  { serviceName, sampleRate = 1, headers, protocol }: TracingOptions,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<Pipeline> {
  const loading = Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/otlp-transformer'),
  ]);
  const [sdk, resources, transformer] = await installed(loading, 'tracing with an endpoint', packages);
  const sender = await openSender({ endpoint, headers, protocol }, 'traces');
  const log = new ReceiverLog('spans', logger, clock);
  const queue = new SpanQueue({ codec: codecOf(transformer, protocol), sender, clock, log });
  const provider = new sdk.TracerProvider({
    resource: resourceOf(resources, { 'service.name': serviceName }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(sampleRate) }),
    spanProcessors: [queue],
  });
  return {
    tracer: provider.getTracer(scope.name, scope.version),
    close: (timeoutMs) => queue.close(timeoutMs),
  };
}

function codecOf(
  { JsonTraceSerializer, ProtobufTraceSerializer }: typeof Transformer,
  protocol: TracingOptions['protocol'],
): SpanCodec {
  const serializer = protocol === 'http/json' ? JsonTraceSerializer : ProtobufTraceSerializer;
  return {
    encode: (spans: ReadableSpan[]) => serializer.serializeRequest(spans),
    rejected: (answer) => rejectedIn(() => serializer.deserializeResponse(answer)),
  };
}

/** A receiver may answer nothing, or something that is no OTLP; the spans are its own then. */
function rejectedIn(read: () => { partialSuccess?: { rejectedSpans?: number } }): number {
  try {
    return read().partialSuccess?.rejectedSpans ?? 0;
  } catch {
    return 0;
  }
}
