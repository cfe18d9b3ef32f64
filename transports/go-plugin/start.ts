import { basename } from 'node:path';

import { isPluginError, PluginError } from '../../src/core/errors.ts';
import type { Channel, OpenSetup } from '../../src/core/transport.ts';
import { loadGrpc, type GrpcLibrary } from '../grpc/load.ts';
import { admitted } from '../subprocess/admitted.ts';
import { startChild, type Child } from '../subprocess/child.ts';
import { closedButAliveMs } from '../subprocess/stop.ts';
import { within } from '../wire/within.ts';
import { withinStart } from '../wire/within-start.ts';
import { makeCertificate, type OwnCertificate } from './certificate.ts';
import { firstLine } from './first-line.ts';
import { parseHandshakeLine, type HandshakeLine } from './handshake-line.ts';
import { GoPluginChannel } from './host-channel.ts';
import { connectTo } from './host-connection.ts';
import { pluginEnvironment } from './host-environment.ts';
import type { ResolvedGoPlugin } from './host-options.ts';
import { childLife, type Life } from './life.ts';
import { hclogReader } from './logs.ts';
import { makeSocketFolder, type SocketFolder } from './socket-folder.ts';
import { agree } from './agree.ts';
import { checkLine, neverShookHands, noLine, whyEnded } from './start-errors.ts';

/** A start under way. */
interface Start {
  readonly library: GrpcLibrary;
  readonly what: ResolvedGoPlugin;
  readonly setup: OpenSetup;
  readonly folder: SocketFolder;
  readonly child: Child;
  readonly life: Life;
  readonly own: OwnCertificate | undefined;
  /** The sockets that the plugin has told of. */
  readonly sockets: Set<string>;
  /** Aborts when the start takes too long or is no longer wanted. */
  readonly signal: AbortSignal;
}

/** Starts a plugin, reads its handshake line and connects to it. @throws {PluginError} with why it did not become one. */
export async function startGoPlugin(what: ResolvedGoPlugin, setup: OpenSetup): Promise<Channel> {
  const { curve } = what;
  const library = await loadGrpc();
  const own = curve === undefined ? undefined : await makeCertificate(curve, setup.clock.date());
  const folder = await makeSocketFolder();
  const child = await launch(what, folder, own, setup);
  const sockets = new Set<string>();
  const temporary = what.program.env['TMPDIR'];
  const life = childLife(child, { folder, sockets, temporary }, setup.plugin);
  try {
    return await withinStart(
      setup,
      () => neverShookHands(setup),
      (signal) => {
        signal.addEventListener('abort', () => life.kill(), { once: true });
        return connect({ library, what, setup, folder, child, life, own, sockets, signal });
      },
    );
  } catch (error) {
    throw await failed(child, life, what, setup, error);
  }
}

async function launch(
  what: ResolvedGoPlugin,
  folder: SocketFolder,
  own: OwnCertificate | undefined,
  setup: OpenSetup,
): Promise<Child> {
  const program = admitted(what.program, setup);
  try {
    return await startChild(program, pluginEnvironment(program, what, folder, own, setup), setup);
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function connect({
  library,
  what,
  setup,
  folder,
  child,
  life,
  own,
  sockets,
  signal,
}: Start): Promise<Channel> {
  child.log.capture(child.stderr, 'stderr', hclogReader());
  const [line] = await Promise.all([handshake(child, setup), folder.belongsTo(child.pid)]);
  if (line.network === 'unix') sockets.add(line.address);
  checkLine(line, what);
  const { maxFrameBytes } = what.program;
  const connection = connectTo(library, line, own, maxFrameBytes, setup);
  const name = basename(what.program.command);
  const reached = {
    connection,
    line,
    name,
    log: child.log,
    services: what.services,
    maxFrameBytes,
    own,
    folder: folder.path,
    onSocket: (path: string) => sockets.add(path),
  };
  const spoken = await agree(reached, setup, signal);
  return new GoPluginChannel(life, spoken, connection, what.killTimeoutMs, setup);
}

/** A program that ends closes its stdout a moment before its exit is known. */
async function handshake(child: Child, { clock }: OpenSetup): Promise<HandshakeLine> {
  const line = await firstLine(child);
  if (line !== undefined) return parseHandshakeLine(line);
  await within(clock, closedButAliveMs, child.exited);
  throw noLine();
}

/** Ends what was started; a line that was printed tells more than the exit after it. */
async function failed(
  child: Child,
  life: Life,
  { program }: ResolvedGoPlugin,
  { plugin, clock }: OpenSetup,
  error: unknown,
): Promise<PluginError> {
  const code = isPluginError(error) ? error.code : undefined;
  if (code === 'PLUGIN_1205') await within(clock, closedButAliveMs, child.exited); // its end tells more
  const endedByItself = child.process.exitCode !== null || child.process.signalCode !== null;
  life.kill();
  await life.gone;
  const tellsLess = code !== 'RPC_2002' && code !== 'PLUGIN_1206';
  if (endedByItself && tellsLess) return whyEnded(await child.exited, child, program, plugin);
  return PluginError.from(error, 'RPC_2002', { plugin });
}
