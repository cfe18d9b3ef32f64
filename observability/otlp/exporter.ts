import type * as Transformer from '@opentelemetry/otlp-transformer';

import { checkObject } from '../../src/core/check-given.ts';
import { PluginError } from '../../src/core/errors.ts';
import type { MetricsExporter, MetricsSource } from '../../src/core/metrics-exporter.ts';
import { printable } from '../../src/core/printable.ts';
import { addressOf, checkHeaders, type OtlpTarget } from './endpoint.ts';
import { MetricPusher } from './metric-pusher.ts';
import { openSender } from './open-sender.ts';
import { installed } from './optional-packages.ts';
import type { Temporality } from './otel-metrics.ts';
import { ReceiverLog } from './receiver-log.ts';
import { resourceOf } from './resource.ts';

/** OpenTelemetry's own default, in milliseconds. */
const defaultIntervalMs = 60_000;

const packages = [
  '@opentelemetry/api',
  '@opentelemetry/resources',
  '@opentelemetry/otlp-transformer',
] as const;

/** Where metrics go, how often, and as whose. */
export interface OtlpOptions extends OtlpTarget {
  /** What the receiver calls this program, as `service.name`. Default: OTel's, `unknown_service:node`. */
  readonly serviceName?: string | undefined;
  /** Further attributes of the resource: `{ 'deployment.environment.name': 'staging' }`. */
  readonly resource?: Readonly<Record<string, string>> | undefined;
  /** Default `cumulative`: an export that is lost takes nothing with it. */
  readonly temporality?: Temporality | undefined;
  /** From export to export, in milliseconds. Default 60,000, as OTel's readers. */
  readonly intervalMs?: number | undefined;
}

/**
 * Sends a manager's metrics to an OTLP receiver, once it is given to `registerMetricsExporter` or
 * `withMetricsExporter`. It needs optional packages, and says which if they are missing.
 * @throws {PluginError} `CONFIG_1703` for an option that makes no sense.
 */
export function otlpExporter(options: OtlpOptions): MetricsExporter {
  checkObject(options, 'the options of otlpExporter', "Say at least { endpoint: 'http://localhost:4318' }.");
  const { intervalMs = defaultIntervalMs } = options;
  check(options, intervalMs);
  let pusher: MetricPusher | undefined;
  let started = false;
  return {
    name: 'otlp',
    async start(source) {
      if (started) throw wrong('it serves one manager, and this one has its own. Make another.');
      started = true;
      try {
        pusher = await pusherTo(options, intervalMs, source);
      } catch (error) {
        started = false;
        throw error;
      }
    },
    async stop(timeoutMs) {
      await pusher?.close(timeoutMs);
    },
  };
}

async function pusherTo(
  options: OtlpOptions,
  intervalMs: number,
  source: MetricsSource,
): Promise<MetricPusher> {
  const loading = Promise.all([
    import('@opentelemetry/otlp-transformer'),
    import('@opentelemetry/resources'),
  ]);
  const [transformer, resources] = await installed(loading, 'the OTLP exporter', packages);
  const resource = resourceOf(resources, { ...options.resource, 'service.name': options.serviceName });
  const serializer = serializerOf(transformer, options);
  return new MetricPusher({
    source,
    intervalMs,
    temporality: options.temporality ?? 'cumulative',
    sender: await openSender(options, 'metrics'),
    log: new ReceiverLog('metrics', source.logger, source.clock),
    encode: (metrics) => serializer.serializeRequest({ resource, scopeMetrics: [metrics] }),
  });
}

function serializerOf(
  { JsonMetricsSerializer, ProtobufMetricsSerializer }: typeof Transformer,
  { protocol }: OtlpOptions,
): typeof ProtobufMetricsSerializer {
  return protocol === 'http/json' ? JsonMetricsSerializer : ProtobufMetricsSerializer;
}

function check(options: OtlpOptions, intervalMs: number): void {
  addressOf(options, 'metrics');
  checkHeaders(options);
  if (typeof intervalMs !== 'number' || !(intervalMs > 0))
    throw wrong(`intervalMs is ${printable(intervalMs, 80)}; it is a time above 0.`);
  const { temporality = 'cumulative' } = options;
  if (temporality !== 'cumulative' && temporality !== 'delta')
    throw wrong(`temporality is ${printable(temporality, 80)}; there are cumulative and delta.`);
}

function wrong(message: string): PluginError {
  return new PluginError('CONFIG_1703', { message: `the OTLP exporter: ${message}` });
}
