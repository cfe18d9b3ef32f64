import { isPluginError, messageOf, PluginError } from '../../../src/core/errors.ts';
import { printable } from '../../../src/core/printable.ts';
import { codes, toWireError, transportError, type Status } from '../status.ts';
import { fromWireError } from '../../wire/wire-error.ts';

/** Which call failed. */
export interface CallPlace {
  readonly plugin: string;
  readonly hook: string;
  readonly endpoint: string;
  readonly timeoutMs: number | undefined;
}

/** Whatever ended a call, as an error of ours. */
export function callError(error: unknown, place: CallPlace): PluginError {
  const { plugin, hook } = place;
  if (isPluginError(error) || !isStatus(error))
    return PluginError.from(error, 'TRANSPORT_1302', { plugin, hook });
  const answer = toWireError(error);
  if (answer !== undefined) return fromWireError(answer, { plugin, hook });
  const failure = transportError(error, place);
  const { code, rawMessage, retryable, context } = failure;
  const message = code === 'RPC_2006' ? overGoLimit(rawMessage) : rawMessage;
  return new PluginError(code, { plugin, hook, message, retryable, context, cause: error });
}

function overGoLimit(message: string): string {
  return `${message} Servers of gRPC in Go take 4 MiB unless the plugin's GRPCServer is made with grpc.MaxRecvMsgSize.`;
}

/** Whether an error is a status of gRPC. */
export function isStatus(error: unknown): error is Error & Status {
  return error instanceof Error && 'details' in error && 'code' in error && typeof error.code === 'number';
}

/** Whether a call ended because its connection did. */
export function isLost(error: unknown): boolean {
  const lost: readonly number[] = [codes.unavailable, codes.cancelled, codes.internal];
  return isStatus(error) && lost.includes(error.code);
}

export function notAnswered(hook: string, hooks: readonly string[], plugin: string): PluginError {
  const message = `its services have no such hook, only [${printable(hooks.join(', '), 300)}]. Name its method in services.`;
  return new PluginError('PLUGIN_1211', { plugin, hook, message });
}

export function tooLarge(bytes: number, maxFrameBytes: number): PluginError {
  const message = `a message of ${bytes} bytes is over the limit of ${maxFrameBytes}. Raise maxFrameBytes on the source, or send less.`;
  return new PluginError('RPC_2006', { message, context: { bytes, maxFrameBytes } });
}

export function notWritable(cause: unknown): PluginError {
  if (isPluginError(cause)) return cause;
  const message = `encode cannot write the request: ${messageOf(cause)}. Send what its message describes, or mend encode.`;
  return new PluginError('RPC_2005', { message, cause });
}

export function notReadable(cause: unknown): PluginError {
  if (isPluginError(cause)) return cause;
  const message = `decode cannot read the answer: ${messageOf(cause)}. Is it of the same .proto as the plugin's?`;
  return new PluginError('RPC_2004', { message, cause });
}
