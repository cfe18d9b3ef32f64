import { Cluster, Redis } from 'ioredis';
import { createClient } from '@redis/client';
import { describe, expect, it } from 'vitest';
import { Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { isRedisClient } from '../../src/config/redis-client.ts';
import { loud } from '../manager/plugins.ts';
import { managed } from '../support/managed.ts';

describe('a client of Redis is', () => {
  it.each<[string, unknown]>([
    ['one of ioredis', new Redis({ lazyConnect: true })],
    ['a cluster of ioredis', new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true })],
    ['one of node-redis', createClient()],
  ])('%s', (_what, client) => expect(isRedisClient(client)).toBe(true));
});

describe('a shared limit without a client', () => {
  it.each<[string, object, string]>([
    ['nothing in particular', {}, '{}'],
    ['options of a client, whose password stays unsaid', { host: 'db', password: 'hunter2' }, '[Object]'],
    ['a list', [{}], '[Array]'],
    ['a client that keeps no scripts', { multi: () => {}, get: () => {} }, '[Object]'],
    ['a client of node-redis 3', { multi: () => {}, eval: () => {}, connected: true }, '[Object]'],
  ])('is refused with CONFIG_1703: %s', async (_what, client, found) => {
    await using host = await managed(Simple<string, string>().build());
    const settings = { rateLimit: { shared: { client } } };
    await expect(host.manager.register('auth', inProcess(loud), settings)).rejects.toMatchObject({
      code: 'CONFIG_1703',
      context: {
        problems: [
          `rateLimit.shared.client: must be a client: \`new Redis(…)\` of ioredis or iovalkey, or \`createClient(…)\` of node-redis 4 or later, found ${found}`,
        ],
      },
    });
  });
});
