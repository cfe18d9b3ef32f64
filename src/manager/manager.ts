import { resolveSettings, type PluginSettings } from '../config/settings.ts';
import type { CallOptions } from '../core/call-options.ts';
import { systemClock, type Clock } from '../core/clock.ts';
import { singleHook, type Contract } from '../core/contract.ts';
import { PluginError } from '../core/errors.ts';
import { overallHealth } from '../core/health.ts';
import type { Logger } from '../core/logger.ts';
import type { CallMetrics, MetricsSnapshot } from '../core/metrics.ts';
import { checkPluginName } from '../core/names.ts';
import { printable } from '../core/printable.ts';
import type { PluginSource } from '../core/transport.ts';
import { DeadlineQueue } from '../resilience/deadlines.ts';
import { Entry, type ServiceFunction, type Shared } from './entry.ts';
import { Events, type ManagerEvents, type Undo } from './events.ts';
import { logMove } from './log-move.ts';
import type { ManagerHealth, PluginView, ShutdownReport } from './view.ts';

/** What a manager is made of. */
export interface ManagerParts {
  readonly contract: Contract;
  readonly services: Readonly<Record<string, ServiceFunction>>;
  /** For calls of plugins that set no time of their own, in milliseconds. */
  readonly timeoutMs: number;
  readonly logger: Logger;
  readonly clock?: Clock | undefined;
  readonly metrics?: CallMetrics | undefined;
}

/** A plugin to be registered. */
export interface Registration {
  readonly name: string;
  readonly source: PluginSource;
  readonly settings: PluginSettings;
}

/** Registered plugins and their calls, without the types that the builder gives them. */
export class Manager {
  readonly #entries = new Map<string, Entry>();
  readonly #parts: ManagerParts;
  readonly #clock: Clock;
  readonly #shared: Shared;
  readonly #events = new Events();
  #shutdown: Promise<ShutdownReport> | undefined;

  constructor(parts: ManagerParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    this.#shared = {
      contract: parts.contract,
      services: parts.services,
      clock: this.#clock,
      logger: parts.logger,
      deadlines: new DeadlineQueue(this.#clock),
      recorderFor: (plugin) => parts.metrics?.recorderFor(plugin),
      onMove: (plugin, from, to) => {
        logMove(parts.logger, plugin, from, to);
        this.#events.emit('state', { plugin, from, to });
      },
    };
  }

  execute(plugin: string, request: unknown, options?: CallOptions): Promise<unknown> {
    return this.call(plugin, singleHook, request, options);
  }

  call(plugin: string, hook: string, request: unknown, options?: CallOptions): Promise<unknown> {
    const entry = this.#entries.get(plugin);
    if (entry === undefined) return Promise.reject(this.#notFound(plugin));
    return entry.path.execute(hook, request, options);
  }

  async register(name: string, source: PluginSource, settings: PluginSettings = {}): Promise<this> {
    const entry = this.add({ name, source, settings });
    if (entry.settings.start === 'lazy') return this;
    try {
      await entry.supervisor.start();
      return this;
    } catch (error) {
      await this.#remove(entry, 0);
      throw error;
    }
  }

  /** Takes a plugin up without starting it. @throws {PluginError} `PLUGIN_1001`, `PLUGIN_1010`, `PLUGIN_1208`, `CONFIG_1703` */
  add({ name, source, settings }: Registration): Entry {
    if (this.#shutdown !== undefined) throw this.#isShutDown();
    checkPluginName(name);
    if (this.#entries.has(name)) {
      const message = `a plugin of this name is already registered. Unregister it first, or choose another name.`;
      throw new PluginError('PLUGIN_1010', { plugin: name, message });
    }
    const resolved = resolveSettings(settings, name, this.#parts.timeoutMs);
    this.#checkServices(name, resolved.services);
    const entry = new Entry(name, source, resolved, this.#shared);
    this.#entries.set(name, entry);
    return entry;
  }

  async unregister(name: string): Promise<this> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw this.#notFound(name);
    await this.#remove(entry, entry.settings.drainTimeoutMs);
    return this;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  getPlugin(name: string): PluginView | undefined {
    return this.#entries.get(name)?.view;
  }

  listPlugins(): PluginView[] {
    return [...this.#entries.values()].map((entry) => entry.view);
  }

  async health(): Promise<ManagerHealth> {
    const entries = [...this.#entries.values()];
    const reports = await Promise.all(
      entries.map(async (entry) => [entry.name, await entry.health()] as const),
    );
    return {
      status: overallHealth(reports.map(([, { status }]) => status)),
      plugins: Object.fromEntries(reports),
    };
  }

  metrics(): MetricsSnapshot | undefined {
    return this.#parts.metrics?.snapshot();
  }

  on<K extends keyof ManagerEvents>(name: K, listener: (event: ManagerEvents[K]) => void): Undo {
    return this.#events.on(name, listener);
  }

  shutdown(options: { readonly timeoutMs?: number } = {}): Promise<ShutdownReport> {
    this.#shutdown ??= this.#end(options.timeoutMs ?? this.#parts.timeoutMs);
    return this.#shutdown;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #end(timeoutMs: number): Promise<ShutdownReport> {
    const startedAt = this.#clock.now();
    const entries = [...this.#entries.values()];
    const counts = await Promise.all(
      entries.map(
        async (entry) => [entry.name, await entry.stop(timeoutMs, () => this.#isShutDown())] as const,
      ),
    );
    this.#shared.deadlines.close();
    const cancelled = Object.fromEntries(counts.filter(([, count]) => count > 0));
    return { cancelled, durationMs: this.#clock.now() - startedAt };
  }

  async #remove(entry: Entry, timeoutMs: number): Promise<void> {
    const message = 'it is being unregistered and takes no new calls.';
    await entry.stop(
      timeoutMs,
      () => new PluginError('PLUGIN_1207', { plugin: entry.name, message, retryable: false }),
    );
    if (this.#entries.get(entry.name) !== entry) return;
    this.#entries.delete(entry.name);
    this.#parts.metrics?.forget(entry.name);
  }

  #checkServices(plugin: string, services: readonly string[]): void {
    const unknown = services.find((service) => !Object.hasOwn(this.#parts.services, service));
    if (unknown === undefined) return;
    const known = Object.keys(this.#parts.services).join(', ') || 'none';
    const message = `the host offers no service '${printable(unknown, 80)}', but: ${known}. Declare it with withServices.`;
    throw new PluginError('RPC_2007', { plugin, message });
  }

  #notFound(name: unknown): PluginError {
    if (this.#shutdown !== undefined) return this.#isShutDown();
    const known = [...this.#entries.keys()].slice(0, 20).join(', ') || 'none';
    const message = `plugin '${printable(String(name), 80)}' not found. Registered: ${known}.`;
    return new PluginError('PLUGIN_1201', { message });
  }

  #isShutDown(): PluginError {
    return new PluginError('PLUGIN_1208', { message: 'manager is shut down. Build a new one.' });
  }
}
