import { PluginError } from '../../../src/core/errors.ts';
import { printable } from '../../../src/core/printable.ts';
import type { AnyServices } from './method.ts';

/**
 * Methods as they are named in `.proto` files.
 * @throws {PluginError} `CONFIG_1703` for what is no method.
 */
export function checkServices<Call>(source: string, services: AnyServices<Call>): AnyServices<Call> {
  for (const [hook, service] of Object.entries(services)) {
    if (/^\/[\w.]+\/\w+$/.test(service?.method ?? '')) continue;
    const message = `${printable(source, 100)} has no method for the hook '${printable(hook, 80)}'. Name it in full: method: '/proto.KV/Get'.`;
    throw new PluginError('CONFIG_1703', { message });
  }
  return services;
}
