import { addressOf, checkHeaders, type OtlpTarget, type Signal } from './endpoint.ts';
import { httpSender } from './http-sender.ts';
import { installed } from './optional-packages.ts';
import type { Sender } from './sender.ts';

/**
 * The sender that a target asks for.
 * @throws {PluginError} `CONFIG_1703` for a wrong target, or where gRPC needs a package that is not installed.
 */
export async function openSender(target: OtlpTarget, signal: Signal): Promise<Sender> {
  const address = addressOf(target, signal);
  checkHeaders(target);
  if (target.protocol !== 'grpc') return httpSender(address, target);
  const { grpcSender } = await installed(import('./grpc-sender.ts'), 'OTLP over gRPC', ['@grpc/grpc-js']);
  return grpcSender(address, target.headers ?? {}, signal);
}
