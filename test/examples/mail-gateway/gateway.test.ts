import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { gatewayFile } from '../../../examples/mail-gateway/config.ts';
import { startGateway } from '../../../examples/mail-gateway/gateway.ts';
import { lockFolder } from '../../../examples/mail-gateway/lock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { expectNoChildren, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { Client } from './support/client.ts';
import { everybody, own, testGateway } from './support/gateway.ts';
import { gatewayYaml, GatewayProcess } from './support/gateway-process.ts';

const mailPlugin = fileURLToPath(
  new URL('../../../.build/examples/mail-gateway/plugins/run.js', import.meta.url),
);
afterEach(expectNoChildren);

describe('a gateway', () => {
  it('shares its folder with no other one, and finds it free when that was killed', async () => {
    await using folder = await tempFolder();
    const file = await gatewayYaml(folder.path, {});
    const first = new GatewayProcess(file);
    await first.port();
    const second = new GatewayProcess(file);
    expect(await second.port()).toBeUndefined();
    expect(second.output).toContain(`another process uses ${join(folder.path, 'data')}`);
    await first.kill('SIGKILL');
    const third = new GatewayProcess(file);
    expect(await third.port()).toBeGreaterThan(0);
    await third.kill('SIGTERM');
  });

  it('ends in time while another server does not answer, and keeps the mail', async () => {
    await using folder = await tempFolder();
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const route = { domains: ['example.net'], to: `smtp://127.0.0.1:${port}` };
    const file = await gatewayYaml(folder.path, { routes: [route], closeSeconds: 0.2 });
    const gateway = new GatewayProcess(file);
    const connected = once(silent, 'connection');
    using client = await Client.hello((await gateway.port()) ?? 0);
    expect(await client.send('ada@example.org', ['bob@example.net'])).toMatch(/^250 /);
    await connected;
    await gateway.kill('SIGTERM');
    silent.close();
    const left = await readdir(join(folder.path, 'data', 'queue'));
    expect(left.filter((name) => name.endsWith('.json'))).toHaveLength(1);
  });

  it('starts with a file that names no plugin', async () => {
    await using test = await testGateway([], {}, { log_level: 'error' });
    expect(test.gateway.manager.listPlugins().map(({ name }) => name)).toEqual(['own-domains']);
  });

  it.each([
    ['info', 0],
    ['debug', 1],
  ])(
    'says at the level %s of a client that left in the middle of a command: %d records',
    async (level, count) => {
      let isAsked = false;
      const thinks = own('thinks', {
        'transaction.rcptTo': () => ((isAsked = true), new Promise(() => {})),
      });
      await using test = await testGateway([thinks], {}, { log_level: level });
      {
        using client = await Client.hello(test.port);
        client.write('MAIL FROM:<a@x.org>\r\nRCPT TO:<b@x.org>\r\n');
        await until(() => isAsked);
      }
      await until(() => test.gateway.sessions === 0);
      await test.gateway.close();
      expect(test.log.named('a step of a session could not be taken')).toHaveLength(count);
    },
  );

  it('leaves nothing running when its port is taken', async () => {
    await using folder = await tempFolder();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const file = gatewayFile({ gateway: { folder: folder.path, listen: { port } } });
    await expect(startGateway({ file, log: new MemoryLogger(), plugins: [] })).rejects.toThrow('EADDRINUSE');
    server.close();
    const unlock = await lockFolder(folder.path);
    await unlock();
  });

  it('takes up another limit while it runs', async () => {
    await using test = await testGateway([everybody]);
    const settings = { routes: test.routes, maxMessageBytes: 10 };
    await test.gateway.reload(gatewayFile({ gateway: settings }));
    using client = await Client.hello(test.port);
    expect(await client.say('MAIL FROM:<a@x.org> SIZE=11')).toMatch(/^552 /);
    expect(await client.send('a@x.org', ['b@x.org'])).toBe('552 5.3.4 The message is too long');
  });

  it('keeps a plugin that moves to a process of its own and back, and lets it go with the last line of it', async () => {
    const named = { name: 'rcpt-domains', config: { domains: ['example.net'], mailboxes: [] } };
    const apart = { ...named, command: process.execPath, args: [mailPlugin, 'rcpt-domains'] };
    await using test = await testGateway([everybody]);
    const replies: (string | undefined)[] = [];
    for (const file of [
      { plugins: [named] },
      { plugins: [apart] },
      { plugins: [named] },
      { plugins: [] },
      { plugins: [apart] },
      {},
    ]) {
      await test.gateway.reload(gatewayFile({ gateway: { routes: test.routes }, ...file }));
      using client = await Client.hello(test.port);
      await client.say('MAIL FROM:<a@x.org>');
      replies.push((await client.say('RCPT TO:<b@example.net>'))?.slice(0, 9));
    }
    const [refused, taken] = ['550 5.1.1', '250 2.1.5'];
    expect(replies).toEqual([refused, refused, refused, taken, refused, taken]);
  });

  it('takes up by itself what came too soon after another change of a plugin', async () => {
    await using folder = await tempFolder();
    const program = fileURLToPath(new URL('programs/stamps.mjs', import.meta.url));
    const boxes = join(folder.path, 'boxes');
    const settings = { routes: [{ domains: ['example.net'], to: `maildir:${boxes}` }] };
    const write = (word: string): Promise<string> => {
      const stamps = { name: 'stamps', command: 'node', args: [program, word], reload_cooldown: '1s' };
      return gatewayYaml(folder.path, settings, { plugins: [stamps] });
    };
    const gateway = new GatewayProcess(await write('first'));
    const port = (await gateway.port()) ?? 0;
    const taken = (): number => gateway.output.split('took up').length - 1;
    for (const word of ['second', 'third']) {
      const before = taken();
      await write(word);
      await until(() => taken() > before);
    }
    using client = await Client.hello(port);
    expect(await client.send('ada@example.org', ['bob@example.net'])).toMatch(/^250 /);
    const box = join(boxes, encodeURIComponent('bob@example.net'), 'new');
    await until(() => existsSync(box) && readdirSync(box).length > 0);
    const [name = ''] = await readdir(box);
    expect(await readFile(join(box, name), 'utf8')).toContain('X-Stamp: third\r\n');
    await gateway.kill('SIGTERM');
  });

  it('says what is wrong with its file, and goes on as before', async () => {
    await using folder = await tempFolder();
    const file = await gatewayYaml(folder.path, {});
    const gateway = new GatewayProcess(file);
    await gateway.port();
    const good = await readFile(file, 'utf8');
    await writeFile(file, good.replace('port: 0', 'port: many'));
    await until(() => gateway.output.includes('changes nothing'));
    expect(gateway.output).toContain('listen.port');
    await gateway.kill('SIGTERM');
  });

  it.each([
    [{ routes: [{ domains: ['*'], to: 'carrier pigeon' }] }, 'a route is mx, smtp://host:port'],
    [{ routes: [{ domains: ['*'], to: 'smtp://x?tls=perhaps' }] }, 'tls is try, required or none'],
    [{ hostnam: 'x' }, 'hostnam'],
  ])('refuses %j', (gateway, why) => {
    expect(() => gatewayFile({ gateway })).toThrow(why);
  });
});
