import { PluginError } from '../../src/core/errors.ts';
import type { OpenSetup } from '../../src/core/transport.ts';
import { limitStart } from './limit-start.ts';

/**
 * Makes something for a start, as long as that may take and somebody wants it; `signal` aborts when it is given up,
 * by `giveUp` too. Rejects with why it was.
 */
export async function withinStart<T>(
  setup: OpenSetup,
  timedOut: () => PluginError,
  make: (signal: AbortSignal, giveUp: (reason: PluginError) => void) => Promise<T>,
): Promise<T> {
  const abandon = new AbortController();
  const { signal } = abandon;
  const givenUp = new Promise<never>((_resolve, reject) => {
    const tell = (): void => reject(PluginError.from(signal.reason, 'PLUGIN_1206', { plugin: setup.plugin }));
    signal.addEventListener('abort', tell, { once: true });
  });
  const giveUp = (reason: PluginError): void => abandon.abort(reason);
  const endWatch = limitStart(setup, giveUp, timedOut);
  try {
    return await Promise.race([make(signal, giveUp), givenUp]);
  } finally {
    endWatch();
  }
}
