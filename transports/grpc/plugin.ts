import type { HookMap } from '../../src/core/contract.ts';
import { PluginError } from '../../src/core/errors.ts';
import {
  asPlugin,
  type AnyServices,
  type HooksPluginSpec,
  type Plugin,
  type PluginInfo,
  type SinglePluginSpec,
} from '../../src/core/plugin.ts';
import { loadGrpc, type GrpcLibrary } from './load.ts';
import { Served } from './served.ts';
import {
  resolveServer,
  serverCredentials,
  type ResolvedServer,
  type ServeGrpcOptions,
} from './server-options.ts';

/** A plugin that is being served. */
export interface GrpcServer extends AsyncDisposable {
  /** What a host gives to `grpc(…)`: `127.0.0.1:9090` or `unix:/path`. */
  readonly endpoint: string;
  /** 0 for a socket of a path. */
  readonly port: number;
  /** Takes no new host, lets running calls end for at most `timeoutMs` (default 10,000), and ends. Never rejects. */
  close(timeoutMs?: number): Promise<void>;
}

/**
 * Serves a plugin to every host that connects: `await serveGrpc(plugin, { port: 9090 })`. The plugin is told `initialize`
 * for each of them, and `close` once, at the end of the server. It needs the package `@grpc/grpc-js`.
 * @throws {PluginError} `CONFIG_1703` for an option that makes no sense, `AUTH_1104` for certificates that cannot be
 *   used, `TRANSPORT_1302` where the address is taken or not this computer's.
 */
export function serveGrpc(plugin: Plugin, options?: ServeGrpcOptions): Promise<GrpcServer>;
/** The same for a plugin of a hook map: `serveGrpc<typeof hooks>({ name, version, hooks: { … } })`. */
export function serveGrpc<Hooks extends HookMap<Hooks>, S = AnyServices>(
  spec: HooksPluginSpec<Hooks, S>,
  options?: ServeGrpcOptions,
): Promise<GrpcServer>;
/** The same for a plugin of one question: `serveGrpc<Req, Resp>({ name, version, execute })`. */
export function serveGrpc<Req, Resp, S = AnyServices>(
  spec: SinglePluginSpec<Req, Resp, S>,
  options?: ServeGrpcOptions,
): Promise<GrpcServer>;
export async function serveGrpc(
  spec: Plugin | PluginInfo,
  options: ServeGrpcOptions = {},
): Promise<GrpcServer> {
  const plugin = asPlugin(spec);
  const what = resolveServer(options);
  const library = await loadGrpc();
  const served = new Served(library, plugin, what);
  served.addHealth();
  const port = await bind(library, served, what);
  const endpoint = what.address.replace(/:0$/, `:${port}`);
  const close = (timeoutMs = 10_000): Promise<void> => served.close(timeoutMs);
  return { endpoint, port: what.path === undefined ? port : 0, close, [Symbol.asyncDispose]: () => close() };
}

async function bind(library: GrpcLibrary, { server }: Served, what: ResolvedServer): Promise<number> {
  const credentials = await serverCredentials(library, what.tls);
  return new Promise((resolve, reject) => {
    server.bindAsync(what.address, credentials, (cause, port) => {
      if (cause === null) return resolve(port);
      const message = `the plugin cannot be served at ${what.address}: ${cause.message}. Choose another port or path, or end what uses it.`;
      reject(new PluginError('TRANSPORT_1302', { message, cause, retryable: false }));
    });
  });
}
