import { describe, expect, it } from 'vitest';
import { Simple, type PluginManager } from 'plugboard';
import { emailHooks, messageServices, type EmailHooks, type MessageRef } from 'plugboard/email';
import { inProcess } from 'plugboard/transports';
import { mailAuth } from '../../../../examples/mail-gateway/plugins/mail-auth/plugin.ts';
import { requests } from '../../../email/samples.ts';
import { managed } from '../../../support/managed.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

/** A host whose plugin can read messages from the host alone, which counts how often one is read from its start. */
async function countingHost(file: string) {
  const reads: string[] = [];
  const services = messageServices((id) => (reads.push(id), file));
  const host = await managed(Simple(emailHooks).withServices(services).build());
  const settings = { config: { records: {} }, services: ['message.read' as const] };
  await host.manager.register('auth', inProcess(mailAuth()), settings);
  return { host, manager: host.manager as PluginManager<EmailHooks>, reads };
}

const text = 'From: ada@example.org\r\nSubject: Hello\r\n\r\nHello.\r\n';

describe('mail-auth', () => {
  it('reads a message once for its signatures and its ARC chain', async () => {
    await using folder = await tempFolder();
    const { host, manager, reads } = await countingHost(await folder.write('message', text));
    await using _ = host;
    const ask = async (hook: 'authn.dkimVerify' | 'authn.arcVerify', message: MessageRef) => {
      const { failures } = await manager.run(hook, { ...requests[hook], message });
      expect(failures).toEqual([]);
    };
    const one = { id: 'one', size: text.length };
    await ask('authn.dkimVerify', one);
    await ask('authn.arcVerify', one);
    expect(reads).toEqual(['one']);
    await ask('authn.arcVerify', one); // asked again, or by a host that asks nothing else
    await ask('authn.dkimVerify', { ...one, id: 'two' });
    await ask('authn.arcVerify', { ...one, id: 'three' });
    expect(reads).toEqual(['one', 'one', 'two', 'three']);
  });
});
