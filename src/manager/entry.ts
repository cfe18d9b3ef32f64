import type { ResolvedSettings } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import type { Contract } from '../core/contract.ts';
import { PluginError } from '../core/errors.ts';
import type { PluginHealth } from '../core/health.ts';
import { withFields, type Logger } from '../core/logger.ts';
import type { CallRecorder } from '../core/metrics.ts';
import type { ServiceCaller } from '../core/plugin.ts';
import { printable } from '../core/printable.ts';
import type { PluginState } from '../core/plugin-state.ts';
import type { PluginSource } from '../core/transport.ts';
import { CallPath } from '../resilience/call-path.ts';
import type { DeadlineQueue } from '../resilience/deadlines.ts';
import { askHealth } from './health.ts';
import { Supervisor } from './supervisor.ts';
import type { PluginView } from './view.ts';

/** A host service as it is called. */
export type ServiceFunction = (request: unknown, caller: ServiceCaller) => unknown;

/** What all plugins of a manager share. */
export interface Shared {
  readonly contract: Contract;
  readonly services: Readonly<Record<string, ServiceFunction>>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deadlines: DeadlineQueue;
  readonly recorderFor: (plugin: string) => CallRecorder | undefined;
  readonly onMove: (plugin: string, from: PluginState, to: PluginState) => void;
}

/** One registered plugin: its life and the way of its calls. */
export class Entry {
  readonly name: string;
  readonly source: PluginSource;
  readonly settings: ResolvedSettings;
  readonly path: CallPath;
  readonly supervisor: Supervisor;
  readonly #shared: Shared;

  constructor(name: string, source: PluginSource, settings: ResolvedSettings, shared: Shared) {
    this.name = name;
    this.source = source;
    this.settings = settings;
    this.#shared = shared;
    this.supervisor = this.#supervise();
    this.path = new CallPath({
      plugin: name,
      contract: shared.contract,
      timeoutMs: settings.timeoutMs,
      retry: settings.retry,
      breaker: undefined,
      recorder: shared.recorderFor(name),
      clock: shared.clock,
      deadlines: shared.deadlines,
      channel: () => this.supervisor.channel(),
    });
  }

  get view(): PluginView {
    const { name, source, supervisor, path } = this;
    const { state, live, restarts } = supervisor;
    return {
      name,
      kind: source.kind,
      target: source.target,
      state,
      info: live?.info,
      hooks: live?.hooks ?? [],
      pid: live?.pid,
      restarts,
      calls: path.counts,
    };
  }

  health(): Promise<PluginHealth> {
    return askHealth(this.supervisor, this.#shared.clock, this.name);
  }

  /** Takes no new calls, lets running ones end for `timeoutMs`, stops the plugin. Says how many were cancelled. */
  async stop(timeoutMs: number, refusal: () => PluginError): Promise<number> {
    this.path.refusal ??= refusal;
    const cancelled = await this.path.drain(timeoutMs);
    await this.supervisor.stop(timeoutMs);
    return cancelled;
  }

  #supervise(): Supervisor {
    const { name, source, settings } = this;
    const { clock, contract, logger, onMove } = this.#shared;
    return new Supervisor({
      name,
      source,
      settings,
      clock,
      onMove: (from, to) => onMove(name, from, to),
      setup: {
        plugin: name,
        hooks: Object.keys(contract),
        config: settings.config,
        startTimeoutMs: settings.startTimeoutMs,
        clock,
        logger: withFields(logger, { plugin: name }),
        services: settings.services,
        callHost: (service, request) => this.#callHost(service, request),
      },
    });
  }

  async #callHost(service: string, request: unknown): Promise<unknown> {
    const { services } = this.#shared;
    const run = Object.hasOwn(services, service) ? services[service] : undefined;
    if (run !== undefined && this.settings.services.includes(service))
      return run(request, { plugin: this.name });
    const allowed = this.settings.services.length === 0 ? 'none' : this.settings.services.join(', ');
    const message = `the host service '${printable(service, 80)}' is unknown or not allowed; allowed: ${allowed}. Name it in the plugin's \`services\`.`;
    throw new PluginError('RPC_2007', { plugin: this.name, message });
  }
}
