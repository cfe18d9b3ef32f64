import type { ResolvedSettings } from '../config/settings.ts';
import { PluginError } from '../core/errors.ts';
import type { InstanceRecorder, PluginRecorder } from '../core/metrics.ts';
import { printable } from '../core/printable.ts';
import type { TraceContext } from '../core/trace-context.ts';
import type { TracedService } from '../core/tracer.ts';
import type { OpenSetup, PluginSource } from '../core/transport.ts';
import { Instance, type InstanceEvents } from './instance.ts';
import { logMove } from './log-move.ts';
import { recordLife } from './record-life.ts';
import { noSource } from './refusals.ts';
import type { Shared } from './shared.ts';

/** The instances of one plugin, not yet started. `current` gives the settings of the moment, which may change while they run. */
export function newInstances(
  plugin: string,
  source: PluginSource,
  settings: ResolvedSettings,
  shared: Shared,
  current: () => ResolvedSettings,
  counted: PluginRecorder | undefined,
): readonly Instance[] {
  if (!isSource(source)) throw noSource(plugin);
  const { clock, gate } = shared;
  const setup = { ...setupOf(plugin, source.kind, settings, shared, current), traffic: counted?.traffic };
  return Array.from({ length: settings.instances.count }, (_, index) => {
    const own = counted?.instance(index);
    const events = eventsOf(plugin, index, { ...shared, logger: setup.logger }, own);
    const recorder = own?.calls;
    return new Instance({ plugin, source, settings, clock, setup, gate, events, recorder }, index);
  });
}

/** Who is not told by a compiler may give anything. */
function isSource(source: unknown): boolean {
  return (
    typeof source === 'object' && source !== null && 'open' in source && typeof source.open === 'function'
  );
}

function setupOf(
  plugin: string,
  transport: string,
  settings: ResolvedSettings,
  shared: Shared,
  current: () => ResolvedSettings,
): Omit<OpenSetup, 'signal' | 'launch'> {
  const { clock, contract, pluginLogger } = shared;
  return {
    plugin,
    hooks: Object.keys(contract),
    config: settings.config,
    startTimeoutMs: settings.startTimeoutMs,
    clock,
    logger: pluginLogger(plugin, () => current().logLevel),
    services: settings.services,
    callHost: (service, request, parent) =>
      callHost({ plugin, transport, service, parent }, request, shared, current().services),
  };
}

function eventsOf(
  plugin: string,
  instance: number,
  { logger, events, clock }: Shared,
  recorder: InstanceRecorder | undefined,
): InstanceEvents {
  const about = { plugin, instance };
  const life = recordLife(recorder, clock);
  return {
    state: (from, to) => {
      life.state(from, to);
      logMove(logger, about, from, to);
      events.emit('state', { ...about, from, to });
      if (to.status === 'starting' && to.attempt > 1)
        events.emit('restart', { ...about, attempt: to.attempt });
    },
    breaker: (from, to) => {
      life.breaker(from, to);
      events.emit('breaker', { ...about, from, to });
    },
    healthCheckFailed: life.healthCheckFailed,
    health: (from, to, message) => events.emit('health', { ...about, from, to, message }),
  };
}

async function callHost(
  asked: TracedService,
  request: unknown,
  { services, tracing }: Shared,
  allowed: readonly string[],
): Promise<unknown> {
  const { plugin, service, parent } = asked;
  const run = Object.hasOwn(services, service) ? services[service] : undefined;
  if (run !== undefined && allowed.includes(service)) {
    const serve = (context: TraceContext | undefined): unknown => run(request, { ...context, plugin });
    return tracing.tracer === undefined ? serve(parent) : tracing.tracer.serve(asked, serve);
  }
  const names = allowed.length === 0 ? 'none' : allowed.join(', ');
  const message = `the host service '${printable(service, 80)}' is unknown or not allowed; allowed: ${names}. Name it in the plugin's \`services\`.`;
  throw new PluginError('RPC_2007', { plugin, message });
}
