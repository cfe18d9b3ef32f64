import type { ConfigDiff } from '../config/diff.ts';
import type { PluginSettings } from '../config/settings.ts';
import type { PluginError } from '../core/errors.ts';
import type { ExecutionContext } from '../core/execution-context.ts';
import { singleHook } from '../core/contract.ts';
import type { SecurityReport } from '../core/gate.ts';
import { overallHealth } from '../core/health.ts';
import type { MetricsExporter } from '../core/metrics-exporter.ts';
import type { MetricsSnapshot } from '../core/metrics-snapshot.ts';
import type { TracingOptions } from '../core/tracer.ts';
import type { PluginSource } from '../core/transport.ts';
import type { RunOptions } from '../hooks/chain.ts';
import { ConfigKeeper, type ConfigInput } from './config-keeper.ts';
import type { ManagerEvents, Undo } from './events.ts';
import { Exporters } from './exporters.ts';
import { callWithFallback } from './fallback.ts';
import { makeShared } from './make-shared.ts';
import { closeGate, openGate, recordMove } from './guard.ts';
import type { ManagerParts } from './parts.ts';
import { draining, isShutDown } from './refusals.ts';
import { HookRunner, type Outcome } from './hook-runner.ts';
import { Registry } from './registry.ts';
import type { Shared } from './shared.ts';
import { checkStrategy, type ReplaceStrategy } from './takeover.ts';
import { badTime, checkTime, isTime } from './times.ts';
import type { DrainReport, ManagerHealth, PluginView, ReloadReport, ShutdownReport } from './view.ts';

/** Registered plugins and their calls, without the types that the builder gives them. */
export class Manager {
  readonly #registry: Registry;
  readonly #parts: ManagerParts;
  readonly #shared: Shared;
  readonly #exporters: Exporters;
  readonly #config: ConfigKeeper;
  readonly #hooks: HookRunner;
  #shutdown: Promise<ShutdownReport> | undefined;
  #onShutdown: (() => void) | undefined;
  readonly #hasFallbacks: boolean;

  constructor(parts: ManagerParts) {
    const { metrics } = parts;
    this.#parts = parts;
    this.#hasFallbacks = Object.keys(parts.fallbacks).length > 0;
    this.#shared = makeShared(parts);
    this.#registry = new Registry(this.#shared, {
      settings: parts.defaults,
      timeoutMs: parts.timeoutMs,
    });
    const workshop = { registry: this.#registry, shared: this.#shared, sourceOf: parts.sourceOf };
    this.#config = new ConfigKeeper(workshop, this.#shared, {
      options: { ...parts.configReading, base: parts.defaults },
      built: parts.hostConfig,
    });
    this.#hooks = new HookRunner(this.#registry, this.#shared, parts.timeoutMs);
    this.#exporters = new Exporters({ ...this.#shared, metrics });
    metrics?.watch(this);
  }

  /** Makes the gate ready; nothing may be registered before. */
  async open(): Promise<void> {
    const { gate, clock, logger, events } = this.#shared;
    const revoke = (plugin: string, reason: PluginError): void => {
      const entry = this.#registry.find(plugin);
      void entry?.drain(entry.settings.drainTimeoutMs, () => reason).catch(() => {}); // it is being closed already
    };
    if (gate !== undefined) await openGate(gate, { clock, logger, events, revoke });
  }

  execute(plugin: string, request: unknown, options?: ExecutionContext): Promise<unknown> {
    return this.call(plugin, singleHook, request, options);
  }

  call(plugin: string, hook: string, request: unknown, options?: ExecutionContext): Promise<unknown> {
    if (this.#hasFallbacks) return this.#askWithFallback(plugin, hook, request, options);
    return this.#ask(plugin, hook, request, options);
  }

  run(hook: string, request: unknown, options?: RunOptions): Outcome {
    return this.#hooks.run(hook, request, options);
  }

  async register(name: string, source: PluginSource, settings: PluginSettings = {}): Promise<this> {
    await this.#registry.open(name, source, this.#registry.resolve(name, settings));
    return this;
  }

  async unregister(name: string, options: { readonly force?: boolean } = {}): Promise<void> {
    const entry = this.#registry.get(name);
    this.#config.checkUnload(name, options?.force === true);
    this.#hooks.flushTo(name);
    await this.#registry.remove(entry, entry.settings.drainTimeoutMs);
  }

  async gracefulUnregister(name: string, timeoutMs: number): Promise<DrainReport> {
    const entry = this.#registry.get(name);
    const limitMs = checkTime(timeoutMs);
    this.#hooks.flushTo(name);
    return this.#registry.remove(entry, limitMs);
  }

  async drain(name: string, options: { readonly timeoutMs?: number } = {}): Promise<DrainReport> {
    const entry = this.#registry.get(name);
    const message = 'it was drained and takes no calls. Replace it to bring it back.';
    const timeoutMs = checkTime(options?.timeoutMs ?? entry.settings.drainTimeoutMs);
    this.#hooks.flushTo(name);
    return entry.drain(timeoutMs, () => draining(name, message));
  }

  async replace(
    name: string,
    source: PluginSource,
    settings?: PluginSettings,
    options: { readonly strategy?: ReplaceStrategy } = {},
  ): Promise<DrainReport> {
    const entry = this.#registry.get(name);
    const strategy = checkStrategy(options?.strategy);
    const next = settings === undefined ? undefined : this.#registry.resolve(name, settings);
    const takeover = await entry.prepare({ source, settings: next, strategy, inPlace: false });
    const report = await takeover.commit();
    recordMove(this.#shared.gate, 'plugin_replaced', name, source);
    return report;
  }

  async reconfigure(
    name: string,
    settings: PluginSettings,
    options: { readonly strategy?: ReplaceStrategy } = {},
  ): Promise<DrainReport> {
    const entry = this.#registry.get(name);
    const strategy = checkStrategy(options?.strategy);
    const next = this.#registry.resolve(name, settings);
    const takeover = await entry.prepare({ settings: next, strategy, inPlace: true });
    return takeover.commit();
  }

  loadFromConfig(input: ConfigInput): Promise<ReloadReport> {
    return this.#config.reload(input);
  }

  reloadConfig(input?: ConfigInput): Promise<ReloadReport> {
    return this.#config.reload(input);
  }

  planConfig(input: ConfigInput): Promise<ConfigDiff> {
    return this.#config.plan(input);
  }

  watchConfig(path: string): Promise<Undo> {
    return this.#config.watch(path);
  }

  dynamic(): this {
    return this;
  }

  has(name: string): boolean {
    return this.#registry.find(name) !== undefined;
  }

  getPlugin(name: string): PluginView | undefined {
    return this.#registry.find(name)?.view;
  }

  listPlugins(): PluginView[] {
    return this.#registry.entries.map((entry) => entry.view);
  }

  async health(): Promise<ManagerHealth> {
    const entries = this.#registry.entries;
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

  async registerMetricsExporter(exporter: MetricsExporter): Promise<void> {
    if (this.#shutdown !== undefined) throw isShutDown();
    await this.#exporters.add(exporter);
  }

  security(): SecurityReport | undefined {
    return this.#parts.gate?.report();
  }

  async reloadSecurity(): Promise<void> {
    await this.#parts.gate?.reload();
  }

  enableTracing(options: TracingOptions = {}): Promise<void> {
    return this.#shared.tracing.enable(options);
  }

  on<K extends keyof ManagerEvents>(name: K, listener: (event: ManagerEvents[K]) => void): Undo {
    return this.#shared.events.on(name, listener);
  }

  /** Calls a listener when a shutdown is over. */
  onShutdown(listener: () => void): void {
    this.#onShutdown = listener;
  }

  shutdown(options: { readonly timeoutMs?: number } = {}): Promise<ShutdownReport> {
    const timeoutMs = options?.timeoutMs ?? this.#parts.timeoutMs; // who is not told by a compiler may give null
    if (!isTime(timeoutMs)) return Promise.reject(badTime(timeoutMs));
    this.#shutdown ??= this.#end(timeoutMs);
    return this.#shutdown;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** Apart from `call`, which would make room for this closure at every call. */
  #askWithFallback(
    plugin: string,
    hook: string,
    request: unknown,
    options: ExecutionContext | undefined,
  ): Promise<unknown> {
    const { fallbacks } = this.#parts;
    if (!Object.hasOwn(fallbacks, plugin)) return this.#ask(plugin, hook, request, options);
    const timeoutMs =
      options?.timeoutMs || (this.#registry.find(plugin)?.settings.timeoutMs ?? this.#parts.timeoutMs);
    const ask = (name: string, more: ExecutionContext): Promise<unknown> =>
      this.#ask(name, hook, request, more);
    return callWithFallback(plugin, fallbacks, { ...options, timeoutMs }, this.#shared.clock, ask);
  }

  #ask(
    plugin: string,
    hook: string,
    request: unknown,
    options: ExecutionContext | undefined,
  ): Promise<unknown> {
    const path = this.#registry.find(plugin)?.path;
    return path === undefined
      ? Promise.reject(this.#registry.missing(plugin))
      : path.execute(hook, request, options);
  }

  async #end(timeoutMs: number): Promise<ShutdownReport> {
    const { clock, turnEnd, deadlines } = this.#shared;
    this.#hooks.flush();
    this.#registry.close();
    const unwatched = this.#config.close();
    const startedAt = clock.now();
    const entries = this.#registry.entries;
    const counts = await Promise.all(
      entries.map(async (entry) => [entry.name, (await entry.end(timeoutMs, isShutDown)).cancelled] as const),
    );
    await unwatched;
    const endsAt = startedAt + timeoutMs;
    const { gate } = this.#parts;
    await Promise.all([
      closeGate(gate, clock),
      this.#exporters.stop(endsAt),
      this.#shared.tracing.close(endsAt),
    ]);
    deadlines.close();
    turnEnd.close();
    this.#onShutdown?.();
    const cancelled = Object.fromEntries(counts.filter(([, count]) => count > 0));
    return { cancelled, durationMs: clock.now() - startedAt };
  }
}
