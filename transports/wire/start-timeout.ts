import { PluginError } from '../../src/core/errors.ts';

/** The error of a plugin that did not become ready in time; `didMeanwhile` is a sentence with a blank before it. */
export function startTimedOut(plugin: string, startTimeoutMs: number, didMeanwhile = ''): PluginError {
  const message =
    `the plugin did not answer the handshake within ${startTimeoutMs} ms.${didMeanwhile} ` +
    'Does it call serve()? Raise startTimeoutMs if it needs longer.';
  return new PluginError('RPC_2002', { plugin, message, context: { startTimeoutMs } });
}
