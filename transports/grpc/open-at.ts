import { PluginError } from '../../src/core/errors.ts';
import type { Channel, OpenSetup } from '../../src/core/transport.ts';
import { startTimedOut } from '../wire/start-timeout.ts';
import { GrpcChannel } from './channel.ts';
import { connect, type Connection } from './connect.ts';
import type { Greeting } from './greet.ts';
import { loadGrpc } from './load.ts';
import type { ResolvedGrpc } from './options.ts';
import { speakServices } from './services/speak.ts';
import { speakPlugboard, type Spoken } from './spoken.ts';

/** Connects to one endpoint and shakes hands, as long as that may take and somebody wants it. */
export async function openAt(endpoint: string, what: ResolvedGrpc, setup: OpenSetup): Promise<Channel> {
  const connection = await connect(await loadGrpc(), endpoint, what, setup);
  const abandon = new AbortController();
  const abandoned = new Promise<never>((_resolve, reject) => {
    const tell = (): void => reject(PluginError.from(abandon.signal.reason, 'PLUGIN_1206'));
    abandon.signal.addEventListener('abort', tell);
  });
  const stop = limit(abandon, connection, what, setup);
  try {
    const speaking = speak({ connection, what, setup, signal: abandon.signal });
    const spoken = await Promise.race([speaking, abandoned]);
    const { plugin, clock } = setup;
    return new GrpcChannel(spoken, connection, { plugin, clock, requestTimeoutMs: what.requestTimeoutMs });
  } catch (error) {
    connection.client.close();
    throw error;
  } finally {
    stop();
  }
}

/** The methods that the host names, or plugboard's own. */
function speak(greeting: Greeting & { readonly what: ResolvedGrpc }): Promise<Spoken> {
  const { services } = greeting.what;
  return services === undefined ? speakPlugboard(greeting) : speakServices(services, greeting);
}

/** Abandons a start that takes too long or that nobody wants any more; the function it gives ends its watch. */
function limit(
  abandon: AbortController,
  connection: Connection,
  { connectTimeoutMs }: ResolvedGrpc,
  { clock, plugin, signal, startTimeoutMs }: OpenSetup,
): () => void {
  const isConnected = (): boolean =>
    connection.client.getChannel().getConnectivityState(false) === connection.library.connectivityState.READY;
  const notConnected = (): PluginError => {
    const message = `there is no connection to ${connection.endpoint} after ${connectTimeoutMs} ms. See whether it runs and can be reached, or raise connectTimeoutMs.`;
    return new PluginError('PLUGIN_1205', { plugin, message, context: { connectTimeoutMs } });
  };
  const timers = [
    clock.startTimer(startTimeoutMs, () => abandon.abort(startTimedOut(plugin, startTimeoutMs))),
    clock.startTimer(connectTimeoutMs, () => isConnected() || abandon.abort(notConnected())),
  ];
  const onAbort = (): void => abandon.abort(PluginError.from(signal.reason, 'PLUGIN_1206', { plugin }));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return () => {
    for (const timer of timers) timer.cancel();
    signal.removeEventListener('abort', onAbort);
  };
}
