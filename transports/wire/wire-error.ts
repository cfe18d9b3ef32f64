import { isErrorCode, isPluginsOwnCode } from '../../src/core/error-codes.ts';
import { isPluginError, messageOf, PluginError, read } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import { rpcCodes, type WireError } from './messages.ts';

/** Whatever was thrown, as it goes over the wire: message and code, never the stack. */
export function toWireError(thrown: unknown): WireError {
  const message = isPluginError(thrown) ? thrown.rawMessage : messageOf(thrown);
  const fields = typeof thrown === 'object' && thrown !== null ? thrown : {};
  const code = read(fields, 'code');
  const retryable = read(fields, 'retryable');
  const retryAfterMs = read(fields, 'retryAfterMs');
  return {
    code: rpcCodes.serverError,
    message,
    data: {
      code: typeof code === 'string' ? code : 'PLUGIN_1203',
      ...(typeof retryable === 'boolean' && { retryable }),
      ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
    },
  };
}

/** An error that came over the wire. What only the host can know is not believed. */
export function fromWireError(error: unknown, place: { plugin: string; hook?: string }): PluginError {
  const { message, data, code } = (
    typeof error === 'object' && error !== null ? error : {}
  ) as Partial<WireError>;
  const said = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  const claimed = typeof said['code'] === 'string' ? said['code'] : undefined;
  const retryAfterMs = said['retryAfterMs'];
  return new PluginError(trusted(claimed, code), {
    ...place,
    message: typeof message === 'string' ? printable(message, 2000) : 'the plugin failed without a message',
    retryable: typeof said['retryable'] === 'boolean' ? said['retryable'] : undefined,
    retryAfterMs: isWait(retryAfterMs) ? retryAfterMs : undefined,
    context: contextOf(claimed, said['details']),
  });
}

function trusted(claimed: string | undefined, rpcCode: unknown): string {
  if (rpcCode === rpcCodes.methodNotFound) return 'PLUGIN_1211';
  return claimed !== undefined && isPluginsOwnCode(claimed) ? claimed : 'PLUGIN_1203';
}

function contextOf(claimed: string | undefined, details: unknown): Record<string, unknown> {
  const pluginCode =
    claimed !== undefined && !isErrorCode(claimed) && !isPluginsOwnCode(claimed)
      ? { pluginCode: printable(claimed, 80) }
      : {};
  return details === undefined ? pluginCode : { ...pluginCode, details };
}

/** JSON may hold 1e400, which is read as Infinity. */
function isWait(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value);
}
