import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { definePlugin, openScope, Simple, type PluginManager } from 'plugboard';
import { emailHooks, proceed, type EmailHooks, type MessageRef } from 'plugboard/email';
import { inProcess, subprocess } from 'plugboard/transports';
import { quarantineStore } from '../../../../examples/mail-gateway/plugins/quarantine-store.ts';
import { requests } from '../../../email/samples.ts';
import { managed, type Managed } from '../../../support/managed.ts';
import { expectNoChildren } from '../../../support/processes.ts';
import { tempFolder, type TempFolder } from '../../../support/temp-folder.ts';
import { from, messageIn } from './mail-host.ts';

afterEach(expectNoChildren);

const text = 'Subject: Cheap\r\n\r\nBuy now.\r\n';
const program = fileURLToPath(
  new URL('../../../../.build/examples/mail-gateway/plugins/run.js', import.meta.url),
);
/** Finds in each message what its size says, so that it is known without looking. */
const filter = definePlugin<EmailHooks>({
  name: 'filter',
  version: '1.0.0',
  hooks: {
    'content.antispamScan': ({ message }) => proceed({ score: message.size > 20 ? 6.5 : 1 }),
    'authn.dmarcCheck': () =>
      proceed({
        dmarc: { result: 'fail', policy: 'none', alignment: { spf: false, dkim: false }, record: '' },
      }),
  },
});

async function storeIn(
  folder: TempFolder,
  more: object = {},
  isChild = false,
): Promise<Managed<PluginManager<EmailHooks>>> {
  const config = { folder: join(folder.path, 'aside'), ...more };
  const host = await managed(Simple(emailHooks).build());
  await host.manager.register('filter', inProcess(filter));
  if (isChild)
    await host.manager.register(
      'store',
      subprocess(process.execPath, { args: [program, 'quarantine-store'] }),
      {
        config,
      },
    );
  else await host.manager.register('store', inProcess(quarantineStore()), { config });
  return host;
}

async function take({ manager }: Managed<PluginManager<EmailHooks>>, message: MessageRef) {
  const within = openScope('transaction', openScope('session'));
  const asked = { ...requests['message.messageComplete'], ...from('192.0.2.7'), message };
  await manager.run('authn.dmarcCheck', requests['authn.dmarcCheck'], { within });
  await manager.run('content.antispamScan', asked, { within });
  return manager.run('message.messageComplete', asked, { within });
}

describe('quarantine-store', () => {
  it.each([
    ['in this process', false],
    ['as a child', true],
  ])('%s keeps what comes to a score, with what is known of it', async (_, isChild) => {
    await using folder = await tempFolder();
    await using manager = await storeIn(folder, {}, isChild);
    const { answer } = await take(manager, await messageIn(folder, text));
    const [eml = '', json = '', ...others] = (await readdir(join(folder.path, 'aside'))).toSorted();
    const id = eml.replace('.eml', '');
    expect(answer).toEqual({ action: 'discard', reason: `set aside as ${id}: spam score 6.5` });
    expect(others).toEqual([]);
    expect(await readFile(join(folder.path, 'aside', eml), 'utf8')).toBe(text);
    const [recipient] = requests['message.messageComplete'].recipients;
    expect(JSON.parse(await readFile(join(folder.path, 'aside', json), 'utf8'))).toMatchObject({
      reason: 'spam score 6.5',
      clientIp: '192.0.2.7',
      recipients: [recipient?.address],
    });
  });

  it('lets the rest pass, but not what fails DMARC if it is told so', async () => {
    await using folder = await tempFolder();
    const message = await messageIn(folder, 'Subject: Hi\n\n');
    await using lenient = await storeIn(folder);
    expect((await take(lenient, message)).answer.action).toBe('continue');
    await using strict = await storeIn(folder, { dmarcFail: true });
    expect((await take(strict, message)).answer).toMatchObject({
      action: 'discard',
      reason: expect.stringMatching(/: DMARC failed$/) as string,
    });
  });

  it('has mail wait that it cannot keep whole, and leaves no part of it', async () => {
    await using folder = await tempFolder();
    await using manager = await storeIn(folder);
    const message = await messageIn(folder, text);
    expect((await take(manager, { ...message, size: 1000 })).answer).toMatchObject({ action: 'defer' });
    expect(await readdir(join(folder.path, 'aside'))).toEqual([]);
    await rm(join(folder.path, 'aside'), { recursive: true });
    expect((await take(manager, message)).answer).toMatchObject({ action: 'defer' });
  });
});
