import type { PluginSettings, PluginSource } from 'plugboard';
import type { EmailHooks } from 'plugboard/email';

/** Registered in code, besides those of the file. */
export interface OwnPlugin {
  readonly name: string;
  readonly source: PluginSource<Partial<EmailHooks>>;
  readonly settings?: PluginSettings<'message.read'>;
}
