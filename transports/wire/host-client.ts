import type { AnyServices, HostClient } from '../../src/core/plugin.ts';

/**
 * The host's services as an object of functions. Which of them exist and are allowed is the host's to say,
 * so every name gives a function. `then` is not one, or awaiting the object would call the host.
 */
export function hostClient(
  call: (service: string, request: unknown) => Promise<unknown>,
): HostClient<AnyServices> {
  return new Proxy(Object.create(null) as HostClient<AnyServices>, {
    get: (_, service) =>
      typeof service === 'string' && service !== 'then'
        ? (request: unknown) => call(service, request)
        : undefined,
  });
}
