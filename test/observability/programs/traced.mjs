// A plugin that runs OpenTelemetry of its own, traces what it does, and asks the host.
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { serve } from 'plugboard/serve';

const exporter = new OTLPTraceExporter({ url: `${process.env.RECEIVER}/v1/traces` });
const provider = new TracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'plugin' }),
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(provider);

await serve({
  name: 'traced',
  version: '1.0.0',
  async execute(user, { host, log }) {
    log.info('asked');
    if (user === 'nobody') throw new Error('there is no such user; password=hunter2');
    return trace.getTracer('mine').startActiveSpan('look up', async (span) => {
      await new Promise((resolve) => setImmediate(resolve));
      const left = await host.quota({ user });
      span.end();
      return left;
    });
  },
  close: () => provider.shutdown(),
});
