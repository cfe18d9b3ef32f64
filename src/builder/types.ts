import type { StandardSchemaV1 } from '@standard-schema/spec';

import type { WhitelistOptions } from '../../security/gate/options.ts';
import type { ConfigDiff } from '../config/diff.ts';
import type { ConfigReading } from '../config/parse.ts';
import type { PluginSettings } from '../config/settings.ts';
import type { ExecutionContext } from '../core/execution-context.ts';
import type { Clock } from '../core/clock.ts';
import type {
  ContractOf,
  HookMap,
  RequestOf,
  ResponseOf,
  Schema,
  Undeclared,
  WholeMap,
} from '../core/contract.ts';
import type { Gate, SecurityReport } from '../core/gate.ts';
import type { Logger, LogLevel } from '../core/logger.ts';
import type { MetricsExporter } from '../core/metrics-exporter.ts';
import type { MetricsSnapshot } from '../core/metrics-snapshot.ts';
import type { TracingOptions } from '../core/tracer.ts';
import type { HostServices } from '../core/plugin.ts';
import type { PluginSource } from '../core/transport.ts';
import type { RunOptions } from '../hooks/chain.ts';
import type { Runnable, SaidOf } from '../hooks/combining.ts';
import type { HookSchemas } from '../hooks/define.ts';
import type { Verdict } from '../hooks/verdict.ts';
import type { ManagerEvents, Undo } from '../manager/events.ts';
import type { ReplaceStrategy } from '../manager/takeover.ts';
import type {
  DrainReport,
  ManagerHealth,
  PluginView,
  ReloadReport,
  ShutdownReport,
} from '../manager/view.ts';

/** What the compiler says of a name that is used twice. */
export type Taken<Name extends string> = `plugin '${Name}' is already registered`;

/** A name, unless it is taken; where the names are not known, any. */
export type NewName<Name extends string, Names extends string> = string extends Names
  ? Name
  : Name extends Names
    ? Taken<Name>
    : Name;

/** Refuses a source that says it answers another contract. */
export type Fits<Source, Base> = [Source] extends [Undeclared | Partial<Base>]
  ? unknown
  : "this plugin's contract does not fit the manager's";

/** The question of a single-question contract. */
export type ExecuteOf<H> = H extends { execute: infer E } ? E : never;

/**
 * Registered plugins, ready to be called. `PluginManager<Req, Resp>` asks one question;
 * `PluginManager<Hooks>` asks the hooks of a map. A manager with known plugin names fits both.
 */
export interface PluginManager<A, B = WholeMap, Names extends string = string> extends AsyncDisposable {
  /**
   * Asks one plugin the question of a single-question contract. A `Uint8Array` in the request is not copied: leave it
   * as it is, and do not transfer it, until the call was answered. When the call failed, its bytes may still be on
   * their way: do not use that memory again.
   * @throws {PluginError} always a coded one: the plugin's own, `PLUGIN_1204` too late, `PLUGIN_1205` it ended while
   * it worked (retryable), `PLUGIN_1206` given up by the caller; docs/errors.md has them all.
   */
  execute(
    plugin: Names,
    request: RequestOf<ExecuteOf<ContractOf<A, B>>>,
    options?: ExecutionContext,
  ): Promise<ResponseOf<ExecuteOf<ContractOf<A, B>>>>;

  /** Asks one plugin one hook of a map. Throws as `execute`, and `PLUGIN_1211` if the plugin does not answer it. */
  call<K extends keyof ContractOf<A, B> & string>(
    plugin: Names,
    hook: K,
    request: RequestOf<ContractOf<A, B>[K]>,
    options?: ExecutionContext,
  ): Promise<ResponseOf<ContractOf<A, B>[K]>>;

  /**
   * Asks every plugin that answers a hook, and combines what they say as the hook's definition has it. The verdict is
   * there at once, without a promise, where all of them answered at once; `await` fits both. What a plugin does wrong
   * is a failure in the verdict, never an error here.
   * @throws {PluginError} `PLUGIN_1209` for a request that breaks the contract, `PLUGIN_1206` when the caller gave up,
   * `PLUGIN_1208` after a shutdown.
   */
  run<K extends Runnable<ContractOf<A, B>> & string>(
    hook: K,
    request: RequestOf<ContractOf<A, B>[K]>,
    options?: RunOptions,
  ):
    | Verdict<RequestOf<ContractOf<A, B>[K]>, SaidOf<ContractOf<A, B>[K]>>
    | Promise<Verdict<RequestOf<ContractOf<A, B>[K]>, SaidOf<ContractOf<A, B>[K]>>>;

  /**
   * Takes up a plugin while the manager runs, and starts it unless it is lazy.
   * Gives this manager under a type that knows the new name.
   * @throws {PluginError} as `build`.
   */
  register<const N extends string, H = Undeclared>(
    name: N,
    source: PluginSource<H> & Fits<H, ContractOf<A, B>>,
    settings?: PluginSettings,
  ): Promise<PluginManager<A, B, Names | N>>;

  /**
   * Refuses new calls of a plugin, lets running ones end within its `drainTimeoutMs`, stops it, forgets it.
   * @throws {PluginError} `PLUGIN_1201` if there is none of that name; `REGISTRY_1901` while plugins run that need it by
   * the configuration, unless it is forced.
   */
  unregister(name: Names, options?: { readonly force?: boolean }): Promise<void>;

  /** The same with another time, in milliseconds; says what was left. */
  gracefulUnregister(name: Names, timeoutMs: number): Promise<DrainReport>;

  /**
   * Refuses new calls at once (`PLUGIN_1207`), lets running ones end for `timeoutMs` (default: the plugin's
   * `drainTimeoutMs`), cancels the rest, stops the plugin. It stays registered; `replace` brings it back.
   */
  drain(name: Names, options?: { readonly timeoutMs?: number }): Promise<DrainReport>;

  /**
   * Starts the new source, waits until it says that it is healthy, lets it take over, then drains the old one: no
   * call fails because of it. If the new one does not start, the old one goes on as if nothing had been.
   * `settings` replace those of the plugin; without them they stay. `strategy` says in which order: `graceful` (the
   * default), `rolling` for one instance at a time, `recreate` to stop the old one first.
   */
  replace<H = Undeclared>(
    name: Names,
    source: PluginSource<H> & Fits<H, ContractOf<A, B>>,
    settings?: PluginSettings,
    options?: { readonly strategy?: ReplaceStrategy },
  ): Promise<DrainReport>;

  /**
   * Gives a plugin other settings: all of them, those not named get their defaults. Policies change under running
   * calls, `config` goes to the plugin's `configure`; only where that is not enough is the plugin replaced.
   * @throws {PluginError} `CONFIG_1703` naming what is wrong, or why the plugin refused its config; nothing changes.
   */
  reconfigure(
    name: Names,
    settings: PluginSettings,
    options?: { readonly strategy?: ReplaceStrategy },
  ): Promise<DrainReport>;

  /**
   * Brings the plugins to what a configuration says: a file (`.yaml`, `.json`, `.toml`), or the object in it. What is
   * new starts and becomes healthy first, what changed takes over, what is gone drains; all of it or nothing. Plugins
   * that code has registered stay.
   * @throws {PluginError} `CONFIG_17xx` listing what is wrong in it with file, line and column; `REGISTRY_1901` listing
   * what could not be started. The configuration before stays in force.
   */
  loadFromConfig(config: string | object): Promise<ReloadReport>;
  /** The same; without an argument it reads the last file again. */
  reloadConfig(config?: string | object): Promise<ReloadReport>;
  /** What a configuration would change, field by field; `printDiff` makes text of it. Secrets are masked. */
  planConfig(config: string | object): Promise<ConfigDiff>;
  /**
   * Applies a file now, and again whenever it changes. A file that is broken or gone changes nothing: a `reload`
   * event says why, and the next good one is taken up. The returned function ends the watch.
   */
  watchConfig(path: string): Promise<Undo>;
  /** This manager for names that only a configuration knows: every string is one. */
  dynamic(): PluginManager<A, B>;
  has(name: string): name is Names;
  /** What can be seen of a plugin now; undefined if there is none of that name. */
  getPlugin(name: string): PluginView | undefined;
  listPlugins(): PluginView[];
  /** Asks every running plugin how it is, each for at most 5 s, at once. */
  health(): Promise<ManagerHealth>;
  /** What was counted since the start; undefined without `withMetrics`. */
  metrics(): MetricsSnapshot | undefined;
  /**
   * Brings what is counted somewhere else from now on, as `prometheusExporter` does; shutdown ends it.
   * @throws {PluginError} `CONFIG_1703` without `withMetrics`, or when the exporter cannot start: its port is taken, say.
   */
  registerMetricsExporter(exporter: MetricsExporter): Promise<void>;
  /**
   * Traces calls from now on: a span for each, one for each of its attempts, and what the plugin makes of it. With an
   * `endpoint` spans go there; without one to the application's own OpenTelemetry.
   * @throws {PluginError} `CONFIG_1703` for wrong options, or if a package is not installed; it says which.
   */
  enableTracing(options?: TracingOptions): Promise<void>;
  /** What the gate says of itself: its policy, its counts, what holds on this platform; undefined without one. */
  security(): SecurityReport | undefined;
  /**
   * Lets the gate read its rules again, now.
   * @throws {PluginError} `SECURITY_1802` when they cannot be read; the ones before stay in force.
   */
  reloadSecurity(): Promise<void>;
  /** Listens; the returned function takes the listener back. */
  on<K extends keyof ManagerEvents>(name: K, listener: (event: ManagerEvents[K]) => void): Undo;
  /**
   * Refuses new calls, lets running ones end for `timeoutMs` (default: the manager's timeout), stops every
   * plugin side by side, and by force what is left when the time is over. A second call joins the first. Never
   * rejects; nothing keeps the process alive after it.
   */
  shutdown(options?: { readonly timeoutMs?: number }): Promise<ShutdownReport>;
}

/** A manager to be. Every method gives a new builder, so that one can be branched. */
export interface Builder<A, B, Names extends string = never, Services = unknown> {
  /**
   * Adds a plugin under a name of the host's choice.
   * The compiler refuses a name that is taken; `build` does for names it cannot know.
   */
  withPlugin<const N extends string, H = Undeclared>(
    name: NewName<N, Names>,
    source: PluginSource<H> & Fits<H, ContractOf<A, B>>,
    settings?: PluginSettings<keyof Services & string>,
  ): Builder<A, B, Names | N, Services>;

  /** Offers functions to plugins; each plugin may use those that its `services` name. */
  withServices<S extends HostServices<S>>(services: S): Builder<A, B, Names, Services & S>;

  /**
   * Asks `backup` where `plugin` is not available: ended, given up, draining, its circuit open, over its limits, or
   * failed in a way that may pass. Both share the time of the call.
   */
  withFallback(plugin: Names, backup: Names): Builder<A, B, Names, Services>;

  /** Shuts the manager down on SIGTERM and SIGINT; the signal then ends the process as it would have. */
  withSignals(): Builder<A, B, Names, Services>;

  /** For calls of plugins that set no time of their own, retries included, in milliseconds. */
  withTimeout(timeoutMs: number): Builder<A, B, Names, Services>;

  /** Where records go, without the secrets that can be told by their place: `console`, a pino or winston logger, or anything with `debug`, `info`, `warn`, `error`. */
  withLogger(logger: Logger): Builder<A, B, Names, Services>;

  /** Drops records below a level; a plugin's own `logLevel` counts for it instead. Default `debug`: your logger decides. */
  withLogLevel(level: LogLevel): Builder<A, B, Names, Services>;

  /** Counts calls and their durations; read them with `manager.metrics()`. */
  withMetrics(): Builder<A, B, Names, Services>;

  /** Counts, and brings what is counted somewhere else, as `prometheusExporter` does; `build` fails if it cannot start. */
  withMetricsExporter(exporter: MetricsExporter): Builder<A, B, Names, Services>;

  /** Traces calls from the first one on, as `enableTracing` does; `build` fails if it cannot. */
  withTracing(options?: TracingOptions): Builder<A, B, Names, Services>;

  /**
   * Lets only what a gate admits start, from the first start on and at every restart: what a whitelist names, by the
   * SHA-256 of its bytes, or what your own gate does. A path alone means the policy `strict`.
   */
  withSecurity(security: string | WhitelistOptions | Gate): Builder<A, B, Names, Services>;

  /**
   * Runs the host by a configuration: a file (`.yaml`, `.json`, `.toml`) or the object in it. Its plugins start after
   * those of the code; log level, whitelist, metrics and traces are taken from it where the code says nothing. With
   * `reload: { watch: true }` the file is watched, and its plugins follow it. Ask them through `manager.dynamic()`.
   * `reading` says where `${VAR}` is looked up besides, and with `lenient` warns of unknown keys instead of refusing them;
   * it holds for every later reload too.
   */
  withConfig(config: string | object, reading?: ConfigReading): Builder<A, B, Names, Services>;

  /** Another clock, for tests. */
  withClock(clock: Clock): Builder<A, B, Names, Services>;

  /**
   * Starts every eager plugin, side by side.
   * @throws {PluginError} `REGISTRY_1901` listing every problem, with each error in `cause.errors`; nothing is left running.
   */
  build(): Promise<PluginManager<A, B, Names>>;
}

/** A starting point with chosen defaults; the forms of the contract are its overloads. */
export interface Preset {
  /** One question, with schemas: types are inferred and every message is checked. */
  <ReqSchema extends Schema, RespSchema extends Schema>(
    question: HookSchemas<ReqSchema, RespSchema>,
  ): Builder<StandardSchemaV1.InferInput<ReqSchema>, StandardSchemaV1.InferOutput<RespSchema>>;
  /** A map of hooks, made with `defineHooks`. */
  <Hooks extends HookMap<Hooks>>(hooks: Hooks): Builder<Hooks, WholeMap>;
  /** One question whose types are a claim: `Production<Req, Resp>()`. */
  <Req, Resp>(): Builder<Req, Resp>;
}
