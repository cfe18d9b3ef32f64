import { isPluginError, PluginError } from '../../src/core/errors.ts';
import { loadGrpc } from '../grpc/load.ts';
import { startedByGoHost } from './serve-environment.ts';
import { hclogLogger } from './serve-log.ts';
import { resolveServe, type ServeGoPluginOptions } from './serve-options.ts';
import { Printing } from './serve-printing.ts';
import { startServing } from './serve-start.ts';

/**
 * Makes this program a plugin of hosts that use go-plugin: it answers the host that started it until that ends it. What
 * it prints goes to the host, and is no longer on its own stdout and stderr. Started by hand it says what it is and exits
 * with 1; so it does, with the reason in the host's log, where it cannot start. It needs the package `@grpc/grpc-js`.
 * @throws {PluginError} `CONFIG_1703` for an option that makes no sense.
 */
export async function serveGoPlugin(options: ServeGoPluginOptions): Promise<void> {
  const what = resolveServe(options);
  if (!startedByGoHost(what.handshake, process.env)) return explain();
  const printing = new Printing();
  const log = hclogLogger('plugin', (line) => printing.log(line));
  try {
    await startServing(await loadGrpc(), what, { printing, log });
  } catch (error) {
    log.error(PluginError.from(error, 'RPC_2002').message, stackOf(error));
    process.exit(1);
  }
}

function explain(): never {
  process.stderr.write(
    'This program is a plugin: it is not to be run by hand, but by the program that it extends. That program starts it, and says who it is in the environment.\n',
  );
  return process.exit(1);
}

/** Where the services are that cannot be made; errors of ours say where the fault is. */
function stackOf(error: unknown): object {
  return error instanceof Error && !isPluginError(error) ? { stack: error.stack } : {};
}
