import { PluginError } from '../../src/core/errors.ts';

/** The error of a plugin that did not become ready in time. */
export function startTimedOut(plugin: string, startTimeoutMs: number): PluginError {
  const message =
    `the plugin did not answer the handshake within ${startTimeoutMs} ms. ` +
    'Does it call serve()? Raise startTimeoutMs if it needs longer.';
  return new PluginError('RPC_2002', { plugin, message, context: { startTimeoutMs } });
}
