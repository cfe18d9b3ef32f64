import { checkObject } from './check-given.ts';
import type { HookMap, RequestOf, ResponseOf, Single } from './contract.ts';
import { singleHook } from './contract.ts';
import { PluginError } from './errors.ts';
import type { HealthReport, HealthStatus } from './health.ts';
import type { Logger } from './logger.ts';
import { isSemver } from './names.ts';

/** Who a plugin is. `version` is a full semantic version. */
export interface PluginInfo {
  readonly name: string;
  readonly version: string;
  readonly description?: string | undefined;
  readonly author?: string | undefined;
  readonly capabilities?: readonly string[] | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Who asks a host service. */
export interface ServiceCaller {
  /** The host's name for the plugin that asks. */
  readonly plugin: string;
  /** W3C trace context of the question, where there is one: hand it on with calls of your own. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** What a host offers to plugins: names to functions. */
export type HostServices<S> = { [K in keyof S]: (request: never, caller: ServiceCaller) => unknown };

/** Services whose types were not declared. */
export type AnyServices = Record<string, (request: unknown) => unknown>;

/** Host services as a plugin sees them. An unknown or forbidden one rejects with `RPC_2007`. */
export type HostClient<S> = {
  readonly [K in keyof S]: S[K] extends (request: infer Req, caller: ServiceCaller) => infer Resp
    ? (request: Req) => Promise<Awaited<Resp>>
    : never;
};

/** What a handler knows about the call it answers. */
export interface CallContext<S = AnyServices> {
  /** Names this call in logs on both sides. */
  readonly requestId: string;
  /** The host's name for this plugin. */
  readonly plugin: string;
  readonly hook: string;
  /** 1 for the first attempt, 2 for the first retry. */
  readonly attempt: number;
  /** What is left until the caller stops waiting, in milliseconds; `Infinity` without a deadline. */
  readonly remainingMs: number;
  /** Aborts when the caller gave up or its time is over. Its `reason` is a `PluginError`. */
  readonly signal: AbortSignal;
  readonly headers: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** W3C trace context of the caller, if there is one. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  /** The host's services that this plugin may use. */
  readonly host: HostClient<S>;
  /** Records that end in the host's log, with the plugin's name. */
  readonly log: Logger;
  /** Tells the caller how far the work is; it arrives at the call's `onProgress`. */
  readonly progress: (value: unknown) => void;
}

/** Answers one hook, at once or later. A thrown error's message and code reach the caller; its stack does not. */
export type Handler<T, S = AnyServices> = (
  request: RequestOf<T>,
  context: CallContext<S>,
) => ResponseOf<T> | Promise<ResponseOf<T>>;

/** Some or all hooks of a map, answered. */
export type Handlers<H, S = AnyServices> = { readonly [K in keyof H]?: Handler<H[K], S> };

/** What a plugin gets when it starts. */
export interface PluginSetup<S = AnyServices> {
  /** The `config` that the host gave this plugin; `undefined` if it gave none. */
  readonly config: unknown;
  readonly log: Logger;
  readonly host: HostClient<S>;
}

/** The life of a plugin around its calls; every member is optional. */
export interface PluginLife<S = AnyServices> {
  /** Runs once, before the first call. If it throws, the plugin does not start. */
  initialize?(setup: PluginSetup<S>): void | Promise<void>;
  /** New config without a restart. Without it, and without an answer within the start timeout, the host replaces the plugin. */
  configure?(config: unknown): void | Promise<void>;
  /** How the plugin is. Without it a plugin that answers is healthy. */
  health?(): HealthStatus | HealthReport | Promise<HealthStatus | HealthReport>;
  /** Runs once, after the last call. */
  close?(): void | Promise<void>;
}

/** A plugin that answers one question. */
export interface SinglePluginSpec<Req, Resp, S = AnyServices> extends PluginInfo, PluginLife<S> {
  execute(request: Req, context: CallContext<S>): Resp | Promise<Resp>;
}

/** A plugin that answers some hooks of a map. */
export interface HooksPluginSpec<H, S = AnyServices> extends PluginInfo, PluginLife<S> {
  readonly hooks: Handlers<H, S>;
}

/** A handler whose types are known only to its contract. */
export type AnyHandler = (request: unknown, context: CallContext) => unknown;

/** A complete plugin, ready for `inProcess` or `serve`. */
export interface Plugin<H = unknown> extends PluginLife {
  readonly info: PluginInfo;
  readonly handlers: ReadonlyMap<string, AnyHandler>;
  /** Exists for the compiler only. */
  readonly contract?: H;
}

/**
 * Makes a plugin that answers some hooks of a map: `definePlugin<typeof hooks>({ name, version, hooks: { … } })`.
 * @throws {PluginError} `PLUGIN_1001` without a name or a semantic version, `PLUGIN_1211` without a handler.
 */
export function definePlugin<Hooks extends HookMap<Hooks>, S = AnyServices>(
  spec: HooksPluginSpec<Hooks, S>,
): Plugin<Partial<Hooks>>;
/**
 * Makes a plugin that answers one question: `definePlugin({ name, version, execute: (request: Req) => … })`.
 * @throws {PluginError} `PLUGIN_1001` without a name or a semantic version, `PLUGIN_1211` without a handler.
 */
export function definePlugin<Req, Resp, S = AnyServices>(
  spec: SinglePluginSpec<Req, Resp, S>,
): Plugin<Single<Req, Resp>>;
export function definePlugin(spec: PluginInfo & PluginLife & { hooks?: object; execute?: unknown }): Plugin {
  checkObject(
    spec,
    'a plugin',
    'Give definePlugin a name, a version, and an `execute` function or a map of `hooks`.',
  );
  const handlers = new Map<string, AnyHandler>();
  for (const [hook, handler] of Object.entries(spec.hooks ?? {})) {
    if (typeof handler === 'function') handlers.set(hook, handler as AnyHandler);
  }
  // An arrow, because calling a bound function costs a call in this process a tenth of its time.
  if (isSingle(spec)) handlers.set(singleHook, (request, context) => spec.execute(request, context));
  checkSpec(spec, handlers.size);
  return { info: infoOf(spec), handlers, ...lifeOf(spec) };
}

/**
 * A plugin as a server takes it: made by `definePlugin`, or what that is given.
 * @throws {PluginError} as `definePlugin`.
 */
export function asPlugin(spec: Plugin | PluginInfo): Plugin {
  if (typeof spec === 'object' && spec !== null && 'handlers' in spec) return spec;
  // definePlugin finds out by itself whether there is one question or a map.
  return definePlugin(spec as SinglePluginSpec<never, unknown>);
}

function isSingle(spec: object): spec is { execute: AnyHandler } {
  return 'execute' in spec && typeof spec.execute === 'function';
}

function checkSpec(spec: PluginInfo, handlerCount: number): void {
  if (typeof spec.name !== 'string' || spec.name === '' || !isSemver(spec.version)) {
    throw new PluginError('PLUGIN_1001', {
      message: 'a plugin needs a name and a semantic version such as 1.0.0. Give both to definePlugin.',
    });
  }
  if (handlerCount > 0) return;
  throw new PluginError('PLUGIN_1211', {
    plugin: spec.name,
    message: 'the plugin answers nothing. Give definePlugin an `execute` function or a map of `hooks`.',
  });
}

function infoOf(spec: PluginInfo): PluginInfo {
  const { name, version, description, author, capabilities, metadata } = spec;
  return { name, version, description, author, capabilities, metadata };
}

function lifeOf(spec: PluginLife): PluginLife {
  const life: PluginLife = {};
  if (spec.initialize !== undefined) life.initialize = spec.initialize.bind(spec);
  if (spec.configure !== undefined) life.configure = spec.configure.bind(spec);
  if (spec.health !== undefined) life.health = spec.health.bind(spec);
  if (spec.close !== undefined) life.close = spec.close.bind(spec);
  return life;
}
