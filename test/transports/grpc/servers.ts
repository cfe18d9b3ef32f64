import { definePlugin, Simple, type PluginManager, type PluginSettings, type PluginSource } from 'plugboard';
import { managed, type Managed } from '../../support/managed.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

/** A plugin that says what it was asked, and by which name. */
export const echo = definePlugin({
  name: 'echo',
  version: '1.0.0',
  execute: (text: string, { plugin, attempt }) => `${plugin} heard ${text} (${attempt})`,
});

/** A host of one plugin, with its log. */
export interface EchoHost extends Managed<PluginManager<string, string>> {
  readonly log: MemoryLogger;
}

/** Connects a host to a source, under the name `subject`. */
export async function host(source: PluginSource, settings: PluginSettings<never> = {}): Promise<EchoHost> {
  const log = new MemoryLogger();
  const building = Simple<string, string>().withLogger(log).withPlugin('subject', source, settings).build();
  return Object.assign(await managed(building), { log });
}
