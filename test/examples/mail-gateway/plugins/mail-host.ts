import { Simple, type Plugin, type PluginManager, type PluginSettings } from 'plugboard';
import { emailHooks, messageServices, type EmailHooks, type MessageRef } from 'plugboard/email';
import { inProcess } from 'plugboard/transports';
import { requests } from '../../../email/samples.ts';
import { managed, type Managed } from '../../../support/managed.ts';
import type { TempFolder } from '../../../support/temp-folder.ts';

/** A host with one plugin in this process. */
export async function hostOf(
  plugin: Plugin<Partial<EmailHooks>>,
  config: unknown,
  settings: PluginSettings = {},
): Promise<Managed<PluginManager<EmailHooks>>> {
  const host = await managed(
    Simple(emailHooks)
      .withServices(messageServices(() => undefined))
      .build(),
  );
  await host.manager.register('plugin', inProcess(plugin), { ...settings, config });
  return host;
}

/** A session from this address. */
export function from(ip: string): { readonly session: (typeof requests)['connection.connect']['session'] } {
  const { session } = requests['connection.connect'];
  const family = ip.includes(':') ? 6 : 4;
  return { session: { ...session, auth: undefined, remote: { ip, port: 40_000, family } } };
}

/** A message in a file, with CRLF at the ends of its lines. */
export async function messageIn(folder: TempFolder, text: string | Buffer): Promise<MessageRef> {
  const bytes = Buffer.isBuffer(text) ? text : Buffer.from(text.replaceAll(/\r?\n/g, '\r\n'));
  return { id: 'm-1', size: bytes.length, file: await folder.write('message', bytes, 0o600) };
}
