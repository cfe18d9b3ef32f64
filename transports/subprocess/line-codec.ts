import type { ChannelCall } from '../../src/core/transport.ts';
import { encode } from '../wire/encode.ts';

const nanosecondsPerMs = 1_000_000;

/**
 * A request line of go-plugins: `{"id","method":"execute","payload","context"}`, times in nanoseconds.
 * @throws {PluginError} `RPC_2005` for what JSON cannot hold.
 */
export function encodeLine(id: string, call: ChannelCall): string {
  const { request, requestId, remainingMs, headers, metadata } = call;
  const timeout = Number.isFinite(remainingMs) ? Math.ceil(remainingMs) * nanosecondsPerMs : 0;
  const context = { request_id: requestId, timeout, max_retries: 0, headers, metadata };
  const line = { id, method: 'execute', payload: request, context };
  // The same walk as for frames, so that bytes become base64 and cycles a coded error.
  return encode(line, false).text;
}
