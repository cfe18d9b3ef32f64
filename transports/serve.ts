import type { HookMap } from '../src/core/contract.ts';
import {
  asPlugin,
  type AnyServices,
  type HooksPluginSpec,
  type Plugin,
  type PluginInfo,
  type SinglePluginSpec,
} from '../src/core/plugin.ts';
import { serveSubprocess, startedBySubprocessHost } from './subprocess/plugin.ts';
import { serveWorker, startedByWorkerHost } from './worker/plugin.ts';

export { definePlugin } from '../src/core/plugin.ts';
export type {
  AnyServices,
  CallContext,
  Handler,
  Handlers,
  HooksPluginSpec,
  HostClient,
  Plugin,
  PluginInfo,
  PluginLife,
  PluginSetup,
  SinglePluginSpec,
} from '../src/core/plugin.ts';
export { isPluginError, PluginError } from '../src/core/errors.ts';
export { factsOf, notesOf, type Facts, type Notes } from '../src/core/facts.ts';

/**
 * Makes this program a plugin: it answers the host that started it, over the wire that the host chose,
 * until the host ends it. Started by hand it says what it is and exits with 1; with `PLUGBOARD_CHANNEL=grpc` it is a
 * gRPC server at `PLUGBOARD_ADDRESS` (`host:port` or `unix:/path`) until SIGTERM.
 */
export function serve(plugin: Plugin): Promise<void>;
/** The same for a plugin of a hook map: `serve<typeof hooks>({ name, version, hooks: { … } })`. */
export function serve<Hooks extends HookMap<Hooks>, S = AnyServices>(
  spec: HooksPluginSpec<Hooks, S>,
): Promise<void>;
/** The same for a plugin of one question: `serve<Req, Resp>({ name, version, execute })`. */
export function serve<Req, Resp, S = AnyServices>(spec: SinglePluginSpec<Req, Resp, S>): Promise<void>;
export function serve(spec: Plugin | PluginInfo): Promise<void> {
  const plugin = asPlugin(spec);
  if (startedByWorkerHost()) return serveWorker(plugin);
  if (startedBySubprocessHost()) return serveSubprocess(plugin);
  if (process.env['PLUGBOARD_CHANNEL'] === 'grpc') return serveOverGrpc(plugin);
  explain(plugin);
  return process.exit(1);
}

/** Loaded only then: it is more than all the rest of this module. */
async function serveOverGrpc(plugin: Plugin): Promise<void> {
  const { serveByHand } = await import('./grpc/by-hand.ts');
  await serveByHand(plugin, process.env['PLUGBOARD_ADDRESS']);
}

function explain(plugin: Plugin): void {
  const { name, version, description } = plugin.info;
  const about = description === undefined ? '' : `: ${description}`;
  process.stderr.write(
    `${name} ${version}${about}\n` +
      `This is a plugboard plugin. It answers [${[...plugin.handlers.keys()].join(', ')}] and is started by a host, not by hand:\n` +
      `  withPlugin('${name}', subprocess(process.execPath, { args: ['${process.argv[1] ?? 'plugin.js'}'] }))\n`,
  );
}
