import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PluginManager } from 'plugboard';
import type { AntivirusAnswer, EmailHooks, MessageRef } from 'plugboard/email';
import { clamav } from '../../../../examples/mail-gateway/plugins/clamav/plugin.ts';
import { requests } from '../../../email/samples.ts';
import { freePort } from '../../../support/free-port.ts';
import { needsTool } from '../../../languages/tool.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { eicar, hasClamd, startClamd, streamMaxBytes } from './clamd-daemon.ts';
import { hostOf, messageIn } from './mail-host.ts';

async function scan(manager: PluginManager<EmailHooks>, message: MessageRef): Promise<AntivirusAnswer> {
  const request = { ...requests['content.antivirusScan'], message, maxBytes: 100_000_000 };
  return (await manager.run('content.antivirusScan', request)).answer;
}

const infected = { action: 'reject', code: 554, enhanced: '5.7.1', signature: 'Test.EICAR.UNOFFICIAL' };

describe('clamav with a real clamd', () => {
  needsTool('clamd', hasClamd);

  it('finds a virus as text and in an attachment, and lets the rest pass', async () => {
    await using daemon = await startClamd();
    await using folder = await tempFolder();
    await using host = await hostOf(clamav(), { port: daemon.port });
    const clean = 'Subject: Hello\n\nNothing to see.\n';
    expect(await scan(host.manager, await messageIn(folder, clean))).toEqual({ action: 'continue' });
    expect(await scan(host.manager, await messageIn(folder, `${clean}${eicar}\n`))).toMatchObject({
      ...infected,
      text: 'Infected with Test.EICAR.UNOFFICIAL',
    });
    const attached = [
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="b"',
      '',
      '--b',
      'Content-Type: application/octet-stream; name="a.com"',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(eicar).toString('base64'),
      '--b--',
      '',
    ].join('\n');
    expect(await scan(host.manager, await messageIn(folder, attached))).toMatchObject(infected);
    expect(host.manager.getPlugin('plugin')?.state.status).toBe('ready');
  });

  it('sets infected messages aside if it is told to, and says what is too large for clamd', async () => {
    await using daemon = await startClamd();
    await using folder = await tempFolder();
    await using host = await hostOf(clamav(), { port: daemon.port, infected: 'quarantine' });
    expect(await scan(host.manager, await messageIn(folder, eicar))).toMatchObject({
      action: 'quarantine',
      signature: 'Test.EICAR.UNOFFICIAL',
    });
    const large = await messageIn(folder, Buffer.alloc(8 * streamMaxBytes, 'a'));
    // clamd breaks off; whether its last word is heard or not, nothing passes unseen.
    expect(['reject', 'defer']).toContain((await scan(host.manager, large)).action);
    const config = { port: daemon.port, maxSize: streamMaxBytes };
    await host.manager.reconfigure('plugin', { config });
    expect(await scan(host.manager, large)).toMatchObject({ action: 'reject', code: 552, enhanced: '5.3.4' });
    await host.manager.reconfigure('plugin', { config: { ...config, tooLarge: 'pass' } });
    expect(await scan(host.manager, large)).toEqual({ action: 'continue' });
  });
});

describe('clamav without clamd', () => {
  it('has mail wait, or pass where the operator wants that', async () => {
    await using folder = await tempFolder();
    const message = await messageIn(folder, 'Subject: Hello\n\n');
    const config = { port: await freePort() };
    await using closed = await hostOf(clamav(), config);
    expect(await scan(closed.manager, message)).toMatchObject({ action: 'defer', code: 451 });
    await using open = await hostOf(clamav(), config, { onFailure: 'open' });
    expect(await scan(open.manager, message)).toEqual({ action: 'continue' });
  });

  it.each([
    ['says nothing', ''],
    ['says what nobody understands', 'stream: MAYBE\0'],
    ['says more than it has to say', 'x'.repeat(1_000_000)],
  ])('has mail wait where something listens that %s', async (_what, said) => {
    await using folder = await tempFolder();
    const server = createServer((socket) => void socket.on('error', () => {}).end(said)).listen(
      0,
      '127.0.0.1',
    );
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using host = await hostOf(clamav(), { port });
    const message = await messageIn(folder, Buffer.alloc(5_000_000));
    expect(await scan(host.manager, message)).toMatchObject({ action: 'defer', code: 451 });
  });

  it('gives up with its caller where something listens that never answers', async () => {
    await using folder = await tempFolder();
    const callers: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      callers.push(socket.on('error', () => {}).resume());
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using host = await hostOf(clamav(), { port }, { timeoutMs: 200 });
    const message = await messageIn(folder, 'Subject: Hello\n\n');
    expect(await scan(host.manager, message)).toMatchObject({ action: 'defer', code: 451 });
    // Nobody is there to hear a late word.
    const heard = (): boolean => callers.some((socket) => socket.write('late') || !socket.destroyed);
    await expect.poll(heard).toBe(false);
    expect(callers).toHaveLength(1);
  });
});
