import { PluginError } from '../../src/core/errors.ts';
import type { Channel, OpenSetup } from '../../src/core/transport.ts';
import { startTimedOut } from '../wire/start-timeout.ts';
import { withinStart } from '../wire/within-start.ts';
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
  const timedOut = (): PluginError => startTimedOut(setup.plugin, setup.startTimeoutMs);
  try {
    const spoken = await withinStart(setup, timedOut, async (signal, giveUp) => {
      const endWatch = limitConnecting(connection, what, setup, giveUp);
      signal.addEventListener('abort', endWatch, { once: true });
      return await speak({ connection, what, setup, signal }).finally(endWatch);
    });
    const { plugin, clock } = setup;
    return new GrpcChannel(spoken, connection, { plugin, clock, requestTimeoutMs: what.requestTimeoutMs });
  } catch (error) {
    connection.client.close();
    throw error;
  }
}

/** The methods that the host names, or plugboard's own. */
function speak(greeting: Greeting & { readonly what: ResolvedGrpc }): Promise<Spoken> {
  const { services } = greeting.what;
  return services === undefined ? speakPlugboard(greeting) : speakServices(services, greeting);
}

/** Gives up on a server that cannot be reached in time; the function it gives ends its watch. */
function limitConnecting(
  { client, endpoint, library }: Connection,
  { connectTimeoutMs }: ResolvedGrpc,
  { clock, plugin }: OpenSetup,
  giveUp: (reason: PluginError) => void,
): () => void {
  const timer = clock.startTimer(connectTimeoutMs, () => {
    if (client.getChannel().getConnectivityState(false) === library.connectivityState.READY) return;
    const message = `there is no connection to ${endpoint} after ${connectTimeoutMs} ms. See whether it runs and can be reached, or raise connectTimeoutMs.`;
    giveUp(new PluginError('PLUGIN_1205', { plugin, message, context: { connectTimeoutMs } }));
  });
  return () => timer.cancel();
}
