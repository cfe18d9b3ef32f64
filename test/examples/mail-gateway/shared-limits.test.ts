import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { proceed } from 'plugboard/email';
import { inProcess } from 'plugboard/transports';
import { mailMetrics } from '../../../examples/mail-gateway/plugins/metrics/plugin.ts';
import { rateLimiter } from '../../../examples/mail-gateway/plugins/rate-limiter/plugin.ts';
import { needsTool } from '../../languages/tool.ts';
import { hasRedis, redisServer, type RedisServer } from '../../resilience/redis-server.ts';
import { samplesOf, sumOf } from '../../observability/scrape.ts';
import { freePort } from '../../support/free-port.ts';
import { expectNoChildren } from '../../support/processes.ts';
import { tempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { Client } from './support/client.ts';
import { everybody, own, testGateway } from './support/gateway.ts';
import { gatewayYaml, GatewayProcess } from './support/gateway-process.ts';

afterEach(expectNoChildren);

afterEach(expectNoChildren);

const refused = '421 4.7.0 Too many connections';
/** So slow that nothing comes back while the test runs. */
const connection = { burst: 20, perMinute: 0.01 };
const resetMs = 60_000 / connection.perMinute;

/** What a gateway says to whoever connects; the client stays until the end. */
async function greeting(gateway: GatewayProcess): Promise<string> {
  const port = await gateway.port();
  using client = await Client.connect(port ?? 0);
  return (await client.reply()) ?? '';
}

interface Pair {
  readonly one: GatewayProcess;
  readonly two: GatewayProcess;
}

/** Two gateways, in processes of their own, whose files name one Redis. */
async function gatewaysOn(redis: RedisServer): Promise<AsyncDisposable & Pair> {
  const folders = await Promise.all([tempFolder(), tempFolder()]);
  const config = { redisUrl: `redis://127.0.0.1:${redis.port}`, limits: { connection } };
  const plugins = { plugins: [{ name: 'rate-limiter', config }] };
  const start = async ({ path }: TempFolder): Promise<GatewayProcess> =>
    new GatewayProcess(await gatewayYaml(path, {}, plugins));
  const [one, two] = await Promise.all([start(folders[0]), start(folders[1])]);
  await Promise.all([one.port(), two.port()]);
  return {
    one,
    two,
    async [Symbol.asyncDispose]() {
      await Promise.all([one, two].map((gateway) => gateway.kill('SIGTERM')));
      await Promise.all(folders.map((folder) => folder[Symbol.asyncDispose]()));
    },
  };
}

/** Moves the one limit in a Redis so far into the past: for it, so much time has gone by. */
async function letPass(redis: RedisServer, ms: number): Promise<void> {
  const client = new Redis(redis.port, '127.0.0.1');
  const [key = ''] = await client.keys('*');
  const at = Number(await client.hget(key, 'at'));
  await client.hset(key, 'at', at - ms);
  client.disconnect();
}

describe('scenario 3: connections of one client to two gateways', () => {
  needsTool('redis-server', hasRedis);

  it('are taken up to the burst of both together, and one more when its time has come', async () => {
    await using redis = await redisServer();
    await using gateways = await gatewaysOn(redis);
    const { one, two } = gateways;
    const said = await Promise.all(
      Array.from({ length: 25 }, (_, index) => greeting(index % 2 === 0 ? one : two)),
    );
    expect(said.filter((text) => text.startsWith('220 '))).toHaveLength(20);
    expect(said.filter((text) => text === refused)).toHaveLength(5);
    await letPass(redis, resetMs - 60_000);
    expect([await greeting(one), await greeting(two)]).toEqual([refused, refused]);
    await letPass(redis, 60_000);
    expect(await greeting(two)).toMatch(/^220 /);
    expect([await greeting(one), await greeting(two)]).toEqual([refused, refused]);
    await Promise.all([one, two].map((gateway) => gateway.kill('SIGTERM')));
    for (const { output } of [one, two]) expect(output).toContain('ended; what is queued');
  });
});

describe('scenario 5: the store of shared limits goes away', () => {
  needsTool('redis-server', hasRedis);

  it('and mail goes on, by limits of the gateway itself, told of once, until it is back', async () => {
    await using redis = await redisServer();
    const port = await freePort();
    const limits = { recipient: { burst: 3, perMinute: 0.01 } };
    const config = { redisUrl: `redis://127.0.0.1:${redis.port}`, limits };
    const errors: object[] = [];
    await using host = await testGateway([
      {
        name: 'limits',
        source: inProcess(rateLimiter()),
        settings: { config, healthCheck: { intervalMs: 20 } },
      },
      { name: 'counts', source: inProcess(mailMetrics()), settings: { config: { port } } },
      own('hears', { 'error.error': (request) => (errors.push(request), proceed()) }),
      everybody,
    ]);
    const send = async (): Promise<string> => {
      using client = await Client.hello(host.port);
      return (await client.send('ada@example.org', ['bob@example.net'])) ?? '';
    };
    const isCounted = async (): Promise<boolean> => (await send()).startsWith('452');
    const counted = async (): Promise<number> => {
      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return sumOf(samplesOf(page), 'mail_plugin_failures_total', { plugin: 'limits' });
    };
    const health = (): string | undefined => host.gateway.manager.getPlugin('limits')?.instances[0]?.health;
    for (const [index, said] of [/^250/, /^452/].entries()) {
      const outage = index + 1;
      await expect.poll(isCounted, { timeout: 10_000 }).toBe(true);
      await redis.signal('SIGKILL');
      expect(await send()).toMatch(said); // at first it has counted little by itself
      await expect.poll(isCounted, { timeout: 10_000 }).toBe(true);
      await expect.poll(() => errors.length).toBe(outage);
      await redis.restart();
      // It kept nothing, so that all of the limit is there again.
      await expect.poll(send, { timeout: 10_000 }).toMatch(/^250/);
      await expect.poll(health).toBe('healthy');
      expect(errors).toHaveLength(outage);
      expect(await counted()).toBe(outage);
    }
    expect(errors[0]).toMatchObject({
      plugin: 'limits',
      stage: 'health',
      error: { message: 'the shared limits cannot be reached; this host counts for itself' },
    });
  });
});
