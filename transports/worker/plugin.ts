import { isMainThread, workerData, type MessagePort } from 'node:worker_threads';

import type { Plugin } from '../../src/core/plugin.ts';
import { PluginSession } from '../wire/plugin-session.ts';
import { PortWire } from './port-wire.ts';

/** Where in `workerData` the host's port is. */
export const workerDataKey = 'plugboard';

interface Start {
  readonly port: MessagePort;
  readonly plugin: string;
}

function startOf(): Start | undefined {
  const data: unknown = workerData;
  if (isMainThread || typeof data !== 'object' || data === null) return undefined;
  return (data as Record<string, unknown>)[workerDataKey] as Start | undefined;
}

/** Whether a plugboard host started this thread. */
export function startedByWorkerHost(): boolean {
  return startOf() !== undefined;
}

/** Serves the host that started this thread until it ends. */
export function serveWorker(plugin: Plugin): Promise<void> {
  const start = startOf();
  if (start === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const wire = new PortWire(start.port);
    const session = new PluginSession(wire, plugin, start.plugin, {
      ended: () => {
        wire.end();
        resolve();
      },
      note: (text) => void process.stderr.write(`${text}\n`),
    });
    wire.start(session);
  });
}
