// An application that runs OpenTelemetry's own @opentelemetry/sdk-node, with a plugin in a child that asks a service.
import { trace } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { Production } from 'plugboard';
import { metricProducer } from 'plugboard/observability';
import { subprocess } from 'plugboard/transports';

const receiver = process.env.RECEIVER;
const producer = metricProducer();
const exporter = new OTLPMetricExporter({ url: `${receiver}/v1/metrics` });
const sdk = new NodeSDK({
  serviceName: 'application',
  traceExporter: new OTLPTraceExporter({ url: `${receiver}/v1/traces` }),
  metricReaders: [new PeriodicExportingMetricReader({ exporter, metricProducers: [producer] })],
});
sdk.start();

const child = new URL('untraced.mjs', import.meta.url).pathname;
const manager = await Production()
  .withServices({ quota: () => trace.getActiveSpan()?.spanContext().spanId })
  .withPlugin('auth', subprocess(process.execPath, { args: [child] }), { services: ['quota'] })
  .withMetricsExporter(producer)
  .withTracing()
  .build();
const answer = await trace.getTracer('app').startActiveSpan('request', async (span) => {
  const said = await manager.execute('auth', 'ada');
  span.end();
  return said;
});
console.log(JSON.stringify(answer));

await manager.shutdown();
await sdk.shutdown();
