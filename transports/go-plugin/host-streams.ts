import type { Client } from '@grpc/grpc-js';
import { PassThrough } from 'node:stream';

import type { PluginLog } from '../wire/plugin-log.ts';
import { goPluginMethods, type StdioData } from './messages.ts';

/** For calls whose end tells nothing: a plugin may not know the method, or be gone. */
export const ignoreAnswer = (): void => {};

/** Logs what the plugin prints. A plugin whose prints nobody reads stops at the first 64 KiB. */
export function logPrints(client: Client, log: PluginLog): void {
  const { path, requestSerialize, responseDeserialize } = goPluginMethods.streamStdio;
  const prints = { stdout: new PassThrough(), stderr: new PassThrough() };
  log.capture(prints.stdout, 'stdout');
  log.capture(prints.stderr, 'stderr');
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {});
  call.on('data', ({ channel, data }: StdioData) => void prints[channel].write(data));
  call.on('error', ignoreAnswer); // a plugin of go-plugin before 1.1 has no such stream
  call.on('status', () => {
    for (const stream of Object.values(prints)) stream.end();
  });
}
