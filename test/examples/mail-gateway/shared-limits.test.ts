import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { hasRedis, redisServer, type RedisServer } from '../../resilience/redis-server.ts';
import { expectNoChildren } from '../../support/processes.ts';
import { tempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { Client } from './support/client.ts';
import { gatewayYaml, GatewayProcess } from './support/gateway-process.ts';

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
