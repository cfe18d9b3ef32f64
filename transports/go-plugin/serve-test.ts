import { messageOf } from '../../src/core/errors.ts';
import { loadGrpc } from '../grpc/load.ts';
import type { GoReattach } from './reattach.ts';
import { chooseVersion, readEnvironment } from './serve-environment.ts';
import { hclogLogger } from './serve-log.ts';
import { resolveServe, type ServeGoPluginOptions } from './serve-options.ts';
import { serveAll } from './serve-start.ts';
import { serveTls } from './serve-tls.ts';

/** A plugin that a test or a debugger serves. */
export interface GoPluginTest extends AsyncDisposable {
  /** What a host attaches with; as JSON it is an entry of `TF_REATTACH_PROVIDERS`. Its `Test` keeps hosts from ending it. */
  readonly reattach: GoReattach;
  /** Lets running calls end for half a second, and ends the plugin; not its process. */
  close(): Promise<void>;
}

/**
 * Serves a plugin within a test or a debugger, as go-plugin's `ServeTestConfig` does: no host starts it, so it looks at
 * no cookie and no environment, leaves stdout, stderr and signals alone, and has no TLS. Its log is on stderr. It needs
 * the package `@grpc/grpc-js`.
 * @throws {PluginError} `CONFIG_1703` for an option that makes no sense, `TRANSPORT_1302` where it cannot listen.
 */
export async function serveGoPluginTest(options: ServeGoPluginOptions): Promise<GoPluginTest> {
  const what = resolveServe(options);
  const library = await loadGrpc();
  const environment = readEnvironment({});
  const tls = await serveTls(library, undefined);
  const version = chooseVersion(what.versions, environment.versions);
  const log = hclogLogger('plugin', (line) => void process.stderr.write(`${line}\n`));
  const printing = { sendTo: () => {} };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= running.close());
  const running = await serveAll(
    { library, tls, environment, what },
    version,
    { printing, log },
    () => void close().catch((error: unknown) => log.error('its close failed', { reason: messageOf(error) })),
  );
  const reattach: GoReattach = {
    Protocol: 'grpc',
    ProtocolVersion: version,
    Pid: process.pid,
    Test: true,
    Addr: { Network: running.network, String: running.address },
  };
  return { reattach, close, [Symbol.asyncDispose]: close };
}
