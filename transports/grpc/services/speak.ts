import { PluginError } from '../../../src/core/errors.ts';
import { printable } from '../../../src/core/printable.ts';
import type { PluginInfo } from '../../../src/core/plugin.ts';
import type { Greeting } from '../greet.ts';
import { lost } from '../link.ts';
import { transportError } from '../status.ts';
import type { Spoken } from '../spoken.ts';
import { isLost, isStatus } from './errors.ts';
import { checkHealth } from './health.ts';
import type { AnyServices } from './method.ts';
import { withReflection } from './reflected.ts';
import { ServiceSession } from './session.ts';

/** The whole server, in the words of grpc.health.v1. */
const wholeServer = '';

/**
 * Speaks methods of a server's own `.proto`.
 * @throws {PluginError} `PLUGIN_1205` where there is no server, `RPC_2002` where the host asks none of the hooks.
 */
export async function speakServices(
  services: AnyServices<undefined>,
  { connection, what, setup }: Greeting,
): Promise<Spoken> {
  const hooks = Object.keys(services);
  if (!hooks.some((hook) => setup.hooks.includes(hook))) throw noneFits(hooks, setup.hooks);
  const { plugin } = setup;
  const { endpoint, security } = connection;
  const health = (): ReturnType<typeof checkHealth> => checkHealth(connection, wholeServer);
  await health().catch((error: unknown) => {
    if (!isStatus(error) || !isLost(error)) return; // it answers, in some way
    throw security.refused() ?? transportError(error, { plugin, endpoint });
  });
  return new ServiceSession({
    connection,
    services: await withReflection(connection, services),
    lend: () => ({ call: undefined, end: () => {} }),
    health,
    over: lost(connection).then((status) => transportError(status, { plugin, endpoint })),
    onEnd: () => {},
    info: infoOf(services, plugin),
    maxFrameBytes: what.maxFrameBytes,
    setup,
  });
}

/** Such a server says nothing of itself. */
function infoOf(services: AnyServices<undefined>, plugin: string): PluginInfo {
  const [first] = Object.values(services);
  const name = first?.method.split('/')[1] ?? plugin;
  return { name, version: '0.0.0', description: `methods of ${name}` };
}

function noneFits(hooks: readonly string[], asked: readonly string[]): PluginError {
  const message = `the host asks [${printable(asked.join(', '), 300)}], and services has methods for [${printable(hooks.join(', '), 300)}]. Name a method for a hook of the contract.`;
  return new PluginError('RPC_2002', { message });
}
