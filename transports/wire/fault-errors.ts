import { PluginError } from '../../src/core/errors.ts';
import type { Fault } from './messages.ts';

/** The end of a plugin that broke the protocol; the calls that ran were not at fault. */
export function brokenError(fault: Fault, plugin: string): PluginError {
  if (fault.flood !== undefined) return floodError(fault.flood, shown(fault), plugin);
  const message = `the plugin broke the protocol too often, at last with a frame that is ${fault.kind}${shown(fault)}; it was ended. See docs/protocol.md, and the plugin's log.`;
  return new PluginError('RPC_2004', { plugin, message, retryable: true });
}

function floodError(
  { bytes, maxBytes }: NonNullable<Fault['flood']>,
  beginning: string,
  plugin: string,
): PluginError {
  const message =
    `it wrote ${bytes} bytes without an end of line${beginning} in place of the handshake's answer, and the limit ` +
    `is ${maxBytes}; it was ended. Let it write frames and nothing else on its channel, and print on stderr; or raise maxFrameBytes.`;
  return new PluginError('RPC_2006', { plugin, message, context: { bytes, maxFrameBytes: maxBytes } });
}

/** The error of the call that a fault belongs to. */
export function faultError(fault: Fault, place: { plugin: string; hook?: string }): PluginError {
  if (fault.kind === 'too-large') {
    const message = 'the answer is over the frame limit. Raise maxFrameBytes on the source, or answer less.';
    return new PluginError('RPC_2006', { ...place, message });
  }
  const message = `the plugin breaks the protocol: ${fault.kind}${shown(fault)}. See docs/protocol.md, and the plugin's log.`;
  return new PluginError('RPC_2004', { ...place, message });
}

function shown({ preview }: Fault): string {
  return preview === undefined ? '' : ` ('${preview}')`;
}
