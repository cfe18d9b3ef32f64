import { definePlugin, Simple, type Handlers, type PluginManager, type PluginSettings } from 'plugboard';
import { emailHooks, type EmailHooks } from 'plugboard/email';
import { inProcess } from 'plugboard/transports';
import { managed, type Managed } from '../support/managed.ts';

/** A plugin of a test, by what it answers. */
export type MailPlugin = readonly [handlers: Handlers<EmailHooks>, settings?: PluginSettings];

/** A host with plugins in this process, called a, b, c. */
export async function mailHost(
  ...plugins: readonly MailPlugin[]
): Promise<Managed<PluginManager<EmailHooks>>> {
  const host = await managed(Simple(emailHooks).build());
  for (const [place, [hooks, settings]] of plugins.entries()) {
    const name = String.fromCodePoint('a'.charCodeAt(0) + place);
    const plugin = definePlugin<EmailHooks>({ name, version: '1.0.0', hooks });
    await host.manager.register(name, inProcess(plugin), settings);
  }
  return host;
}
