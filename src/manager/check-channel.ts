import { PluginError } from '../core/errors.ts';
import type { Channel } from '../core/transport.ts';

/**
 * What a source opened; one of a third party may be written without types.
 * @throws {PluginError} `REGISTRY_1907` for what is no channel.
 */
export function checkChannel(value: unknown, plugin: string): Channel {
  if (isChannel(value)) return value;
  const message = 'its source gave no channel. `open` must resolve with what the type Channel says.';
  throw new PluginError('REGISTRY_1907', { plugin, message });
}

function isChannel(value: unknown): value is Channel {
  return (
    typeof value === 'object' && value !== null && 'call' in value && 'close' in value && 'ended' in value
  );
}
