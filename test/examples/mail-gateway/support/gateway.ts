import { definePlugin, type HooksPluginSpec, type PluginSettings } from 'plugboard';
import { accept, type EmailHooks } from 'plugboard/email';
import { inProcess } from 'plugboard/transports';
import { gatewayFile } from '../../../../examples/mail-gateway/config.ts';
import { startGateway, type Gateway } from '../../../../examples/mail-gateway/gateway.ts';
import type { OwnPlugin } from '../../../../examples/mail-gateway/own-plugin.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { startPeer, type Peer } from './peer.ts';

type Hooks = HooksPluginSpec<EmailHooks>['hooks'];

/** A plugin in this process. */
export function own(name: string, hooks: Hooks, settings: PluginSettings<'message.read'> = {}): OwnPlugin {
  return { name, source: inProcess(definePlugin<EmailHooks>({ name, version: '1.0.0', hooks })), settings };
}

/** Accepts every recipient, after all others. */
export const everybody = own('everybody', { 'transaction.rcptTo': () => accept() }, { priority: 100 });

/** A gateway in a folder of its own, and the server that its mail goes to. */
export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly port: number;
  readonly peer: Peer;
  readonly log: MemoryLogger;
  readonly folder: string;
  /** As the file has them. */
  readonly routes: readonly object[];
}

export async function testGateway(
  plugins: readonly OwnPlugin[],
  gateway: object = {},
  file: object = {},
): Promise<TestGateway> {
  const folder = await tempFolder();
  const peer = await startPeer({ lmtp: true });
  const log = new MemoryLogger();
  const routes = [{ domains: ['*'], to: `lmtp://127.0.0.1:${peer.port}` }];
  const settings = {
    hostname: 'gw.example.org',
    folder: folder.path,
    listen: { port: 0 },
    routes,
    closeSeconds: 1,
    ...gateway,
  };
  const running = await startGateway({ file: gatewayFile({ gateway: settings, ...file }), log, plugins });
  return {
    gateway: running,
    port: running.port,
    peer,
    log,
    folder: folder.path,
    routes,
    async [Symbol.asyncDispose]() {
      await running.close();
      await peer[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
