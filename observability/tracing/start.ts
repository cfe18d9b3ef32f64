import type { Clock } from '../../src/core/clock.ts';
import { PluginError } from '../../src/core/errors.ts';
import type { Logger } from '../../src/core/logger.ts';
import { printable } from '../../src/core/printable.ts';
import type { Tracer, TracingOptions } from '../../src/core/tracer.ts';
import { loadOpenTelemetry } from './open-telemetry.ts';
import { OtelTracer } from './otel-tracer.ts';
import { ownPipeline } from './pipeline.ts';
import { scope } from '../otlp/scope.ts';

/**
 * A tracer over OpenTelemetry: with an endpoint one of our own, else the application's.
 * @throws {PluginError} `CONFIG_1703` for wrong options, or if a package is not installed.
 */
export async function startTracing(
  options: TracingOptions,
  parts: { readonly clock: Clock; readonly logger: Logger },
): Promise<Tracer> {
  check(options);
  const { endpoint } = options;
  // First, because who lacks everything is to hear of everything at once.
  const own = endpoint === undefined ? undefined : await ownPipeline(endpoint, options, parts);
  const otel = await loadOpenTelemetry();
  if (own === undefined)
    return new OtelTracer(otel, otel.trace.getTracer(scope.name, scope.version), async () => {});
  return new OtelTracer(otel, own.tracer, (timeoutMs) => own.close(timeoutMs));
}

function check({ endpoint, sampleRate, ...others }: TracingOptions): void {
  const wrongRate = sampleRate !== undefined && !(sampleRate >= 0 && sampleRate <= 1);
  if (wrongRate) throw wrong(`sampleRate is ${printable(sampleRate, 80)}; it is a share from 0 to 1.`);
  const idle = Object.entries({ sampleRate, ...others }).find(([, value]) => value !== undefined);
  if (endpoint !== undefined || idle === undefined) return;
  throw wrong(
    `${idle[0]} has no effect without endpoint: spans go to the application's own OpenTelemetry, which has these settings. Give an endpoint, or set it there.`,
  );
}

function wrong(message: string): PluginError {
  return new PluginError('CONFIG_1703', { message: `tracing: ${message}` });
}
