import { PluginError, Simple, type PluginSettings, type PluginSource } from 'plugboard';
import { managed } from './managed.ts';

/** Why a source does not start: the error of its registration, not the manager's summary. */
export async function startError(source: PluginSource, settings?: PluginSettings): Promise<PluginError> {
  await using host = await managed(Simple<unknown, unknown>().build());
  try {
    await host.manager.register('subject', source, settings);
  } catch (error) {
    if (error instanceof PluginError) return error;
    throw error;
  }
  throw new Error('the plugin started, against expectation');
}
