import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  TracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { managed } from '../support/managed.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Says where it stands, by its context and by the active span. */
const plugin = answering<string, unknown>(async (_text, call) => {
  const active = trace.getActiveSpan()?.spanContext();
  await call.host['note']?.({});
  return { active: active?.spanId, traceparent: call.traceparent };
});

function building(services: (request: unknown) => unknown = () => {}) {
  return Simple<string, unknown>()
    .withServices({ note: services })
    .withPlugin('auth', inProcess(plugin), { services: ['note'] })
    .withTracing()
    .build();
}

describe("without the application's OpenTelemetry", () => {
  it('a call makes no span, and its place in a trace is handed on', async () => {
    await using host = await managed(building());
    expect(await host.manager.execute('auth', 'x')).toEqual({ active: undefined, traceparent: undefined });
    expect(await host.manager.execute('auth', 'x', { traceparent })).toEqual({
      active: undefined,
      traceparent,
    });
  });
});

describe("with the application's OpenTelemetry", () => {
  const exporter = new InMemorySpanExporter();
  const broken: SpanProcessor = {
    onStart() {
      if (breaks) throw new Error('a broken processor');
    },
    onEnd() {
      if (breaks) throw new Error('a broken processor');
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  let breaks = false;

  beforeEach(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const spanProcessors = [new SimpleSpanProcessor({ exporter }), broken];
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
  });

  afterEach(() => {
    breaks = false;
    exporter.reset();
    trace.disable();
    context.disable();
  });

  it('spans go there, below the active one, and the plugin and the service run within them', async () => {
    let inService: string | undefined;
    await using host = await managed(
      building(() => void (inService = trace.getActiveSpan()?.spanContext().spanId)),
    );
    const answer = await trace.getTracer('app').startActiveSpan('request', async (span) => {
      const result = await host.manager.execute('auth', 'x');
      span.end();
      return result;
    });
    const spans = exporter.getFinishedSpans();
    const named = (name: string) => spans.find((span) => span.name === name);
    expect(named('auth/execute')?.parentSpanContext?.spanId).toBe(named('request')?.spanContext().spanId);
    const attempt = named('auth/execute attempt')?.spanContext();
    expect(answer).toMatchObject({ active: attempt?.spanId });
    expect(named('host/note')?.parentSpanContext?.spanId).toBe(attempt?.spanId);
    expect(inService).toBe(named('host/note')?.spanContext().spanId);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it('a processor that throws costs the span and not the call', async () => {
    await using host = await managed(building());
    breaks = true;
    expect(await host.manager.execute('auth', 'x', { traceparent })).toMatchObject({ traceparent });
  });
});
