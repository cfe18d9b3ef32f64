import { afterEach, describe, expect, it } from 'vitest';
import type { PluginManager } from 'plugboard';
import { shop, type ShopHooks } from '../support/shop-hooks.ts';

let manager: PluginManager<ShopHooks> | undefined;
afterEach(async () => manager?.shutdown());

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a hook that only tells', () => {
  it('has its verdict before anybody was told, and tells all', async () => {
    const told: string[] = [];
    const tell = (name: string) => ({
      'order.seen': (order: string): void => void told.push(`${name} ${order}`),
    });
    manager = await shop(['a', tell('a')], ['b', tell('b')]);
    expect(manager.run('order.seen', 'tea')).toMatchObject({ answer: undefined, failures: [] });
    expect(told).toEqual([]);
    await turn();
    expect(told).toEqual(['a tea', 'b tea']);
  });

  it('is not held up by a plugin that never answers, nor by one that throws', async () => {
    const told: string[] = [];
    const failed: unknown[] = [];
    manager = await shop(
      ['deaf', { 'order.seen': () => new Promise(() => {}) }],
      [
        'broken',
        {
          'order.seen': () => {
            throw new Error('broken');
          },
        },
      ],
      ['well', { 'order.seen': (order) => told.push(order) }],
    );
    manager.on('hookFailed', (event) => failed.push(event));
    for (let count = 0; count < 100; count++) void manager.run('order.seen', String(count));
    await turn();
    await turn();
    await turn();
    expect(told).toHaveLength(100);
    expect(failed).toHaveLength(100);
    expect(failed[0]).toMatchObject({ plugin: 'broken', hook: 'order.seen', rule: 'open' });
    await manager.shutdown({ timeoutMs: 0 });
  });

  it('drops the oldest of what a slow plugin is told, and counts it', async () => {
    const dropped: number[] = [];
    const told: string[] = [];
    const waiting: (() => void)[] = [];
    manager = await shop([
      'slow',
      {
        'order.seen': (order) => {
          told.push(order);
          return new Promise<void>((resolve) => waiting.push(resolve));
        },
      },
    ]);
    manager.on('dropped', ({ total }) => dropped.push(total));
    for (let count = 0; count < 1100; count++) void manager.run('order.seen', String(count));
    expect(dropped.at(-1)).toBe(100);
    expect(manager.metrics()?.plugins['slow']?.dropped).toBe(100);
    while (told.length < 1000) {
      await turn();
      for (const done of waiting.splice(0)) done();
    }
    expect(told.slice(0, 2)).toEqual(['100', '101']);
    expect(told.at(-1)).toBe('1099');
  });

  it('tells before a shutdown ends what was not told yet', async () => {
    const told: string[] = [];
    manager = await shop(['a', { 'order.seen': (order) => told.push(order) }]);
    void manager.run('order.seen', 'last');
    await manager.shutdown();
    expect(told).toEqual(['last']);
  });

  it.each(['unregister', 'drain'] as const)(
    'tells before it takes a plugin away by %s what was not told yet',
    async (away) => {
      const seen: string[] = [];
      manager = await shop(['a', { 'order.seen': (order) => void seen.push(order) }]);
      for (const order of ['tea', 'cake']) await manager.run('order.seen', order);
      await manager[away]('a');
      expect(seen).toEqual(['tea', 'cake']);
    },
  );

  it('tells also of what is over for its caller', async () => {
    const told: string[] = [];
    manager = await shop(['a', { 'order.seen': (order) => told.push(order) }]);
    void manager.run('order.seen', 'gone', { signal: AbortSignal.abort() });
    await turn();
    expect(told).toEqual(['gone']);
  });
});
