import { fileURLToPath } from 'node:url';
import { readdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { proceed } from 'plugboard/email';
import { afterEach, describe, expect, it } from 'vitest';
import { gatewayFile } from '../../../examples/mail-gateway/config.ts';
import { expectNoChildren, pidOf, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { Client } from './support/client.ts';
import { everybody, own, testGateway } from './support/gateway.ts';
import { gatewayYaml, GatewayProcess } from './support/gateway-process.ts';

const to = ['bob@example.net'];
afterEach(expectNoChildren);

/** Runs so many tasks, some at once. */
async function crowd(total: number, atOnce: number, task: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < total; index = next++) await task(index);
    }),
  );
}

describe('scenario 10: a message as large as it may be', () => {
  const status = async (pid: number, key: string): Promise<number> =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);

  it.skipIf(process.platform !== 'linux')('passes in bounded memory; a longer one is refused', async () => {
    await using folder = await tempFolder();
    const route = { domains: ['example.net'], to: `maildir:${join(folder.path, 'boxes')}` };
    const gateway = new GatewayProcess(
      await gatewayYaml(folder.path, { maxMessageBytes: 50_000_000, routes: [route] }),
    );
    const port = (await gateway.port()) ?? 0;
    const pid = pidOf({ pid: gateway.child.pid });
    const line = `${'x'.repeat(76)}\r\n`;
    const large = `Subject: large\r\n\r\n${line.repeat(49_990_000 / line.length)}`;
    using client = await Client.hello(port);
    expect(await client.send('ada@example.org', to)).toMatch(/^250 /);
    const beforeKb = await status(pid, 'VmRSS');
    expect(await client.send('ada@example.org', to, large)).toMatch(/^250 2\.6\.0 Queued/);
    const box = join(folder.path, 'boxes', 'bob%40example.net', 'new');
    while ((await readdir(box)).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await status(pid, 'VmHWM')) - beforeKb).toBeLessThan(100_000);
    expect(await client.say('MAIL FROM:<ada@example.org> SIZE=50000001')).toMatch(/^552 5\.3\.4 /);
    expect(await client.send('ada@example.org', to, large + line.repeat(1000))).toBe(
      '552 5.3.4 The message is too long',
    );
    expect(await readdir(join(folder.path, 'data', 'queue'))).toEqual([]);
    await gateway.kill('SIGTERM');
  });
});

describe('scenario 14: clients that leave while a plugin thinks', () => {
  it('abort its signal, leave nothing queued and nothing behind', { timeout: 300_000 }, async () => {
    const total = 10_000;
    const started = new Set<string>();
    let running = 0;
    const thinks = own('thinks', {
      'message.messageComplete': ({ transaction: { sender } }, { signal }) =>
        new Promise((resolve) => {
          running++;
          started.add(sender.local);
          signal.addEventListener('abort', () => {
            running--;
            resolve(proceed());
          });
        }),
    });
    await using test = await testGateway([thinks, everybody]);
    await crowd(total, 400, async (index) => {
      using client = await Client.hello(test.port);
      for (const line of [`MAIL FROM:<c${index}@x.org>`, 'RCPT TO:<b@x.org>', 'DATA']) await client.say(line);
      client.write('Subject: x\r\n\r\n.\r\n');
      await until(() => started.has(`c${index}`));
    });
    await until(() => test.gateway.sessions === 0);
    expect([started.size, running]).toEqual([total, 0]);
    expect(test.gateway.queue.size).toBe(0);
    // What the last clients began is taken away a moment after they are gone.
    await until(() => readdirSync(join(test.folder, 'queue')).length === 0);
    expect(test.log.records.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('scenario 15: 500 sessions and a slow plugin', () => {
  const slow = (asked: Set<string>) => ({
    'message.messageComplete': async ({ transaction: { id } }: { transaction: { id: string } }) => {
      asked.add(id);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return proceed();
    },
  });

  it.each([
    ['wait in line', 1000, 500],
    ['are deferred where the line is full', 20, undefined],
  ])('%s, and none passes unasked', { timeout: 120_000 }, async (_, maxQueue, all) => {
    const asked = new Set<string>();
    const settings = { concurrency: { maxConcurrent: 10, maxQueue }, circuitBreaker: false as const };
    await using test = await testGateway([own('slow', slow(asked), settings), everybody]);
    const accepted: string[] = [];
    const others = new Set<string>();
    await crowd(500, 500, async () => {
      using client = await Client.hello(test.port);
      const reply = (await client.send('ada@example.org', to)) ?? '';
      const id = /Queued as (\w+)/.exec(reply)?.[1];
      if (id === undefined) others.add(reply);
      else accepted.push(id);
    });
    expect(accepted.filter((id) => !asked.has(id))).toEqual([]);
    expect(accepted).toHaveLength(all ?? accepted.length);
    expect([...others]).toEqual(
      all === undefined ? ['451 4.3.0 A check could not be made; please try again later'] : [],
    );
    const figures = test.gateway.manager.metrics()?.plugins['slow']?.hooks['message.messageComplete'];
    expect(figures).toMatchObject({ requestsTotal: 500, requestsSuccess: asked.size });
    expect(figures?.p99Seconds).toBeGreaterThan(0.02);
  });
});

describe('scenario 16: reloads under load', () => {
  const program = fileURLToPath(new URL('programs/stamps.mjs', import.meta.url));
  const fileWith = (word: string, value: unknown): object => ({
    plugins: [
      { name: 'stamps', command: 'node', args: [program, word] },
      { name: 'header-stamp', config: { add: { 'X-Value': value } } },
    ],
  });

  it('lose no message and double none; what is broken changes nothing', { timeout: 60_000 }, async () => {
    await using test = await testGateway([everybody], {}, fileWith('first', 'one'));
    const load = { isOver: false, sent: 0, refused: [] as (string | undefined)[] };
    const clients = [1, 2, 3].map(async () => {
      using client = await Client.hello(test.port);
      while (!load.isOver) {
        const reply = await client.send('ada@example.org', to);
        if (reply?.startsWith('250 ') === true) load.sent++;
        else load.refused.push(reply);
      }
    });
    const reload = (plugins: object) =>
      test.gateway.reload(gatewayFile({ gateway: { routes: test.routes }, ...plugins }));
    const more = async (): Promise<void> => {
      const { sent } = load;
      await until(() => load.sent >= sent + 10);
    };
    await more();
    await reload(fileWith('second', 'two'));
    await more();
    await expect(reload(fileWith('broken', 'three'))).rejects.toThrow('stamps');
    await expect(reload(fileWith('second', 4))).rejects.toThrow('X-Value');
    await expect(reload({ plugins: [{ nam: 'stamps' }] })).rejects.toThrow('nam');
    await more();
    load.isOver = true;
    await Promise.all(clients);
    await until(() => test.peer.taken.length === load.sent);
    await until(() => test.gateway.queue.size === 0);
    expect(load.refused).toEqual([]);
    expect(test.peer.taken).toHaveLength(load.sent);
    const stamps = test.peer.taken.map(({ text }) => /X-Stamp: (\w+)/.exec(text)?.[1]);
    expect(new Set(stamps)).toEqual(new Set(['first', 'second']));
    expect(test.peer.taken.at(-1)?.text).toContain('X-Value: two');
  });
});
