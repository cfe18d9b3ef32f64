import { afterEach, describe, expect, it } from 'vitest';
import { factsOf, openScope, PluginError, type PluginManager } from 'plugboard';
import { goOn, shop, type Say, type ShopHooks } from '../support/shop-hooks.ts';

let manager: PluginManager<ShopHooks> | undefined;
afterEach(async () => manager?.shutdown());

const approve: Say = { action: 'approve' };
const throws = (): never => {
  throw new Error('a trap');
};
/** An answer that throws when one of its members is read. */
const trapped = (member: keyof Say): Say => Object.defineProperty({ ...goOn }, member, { get: throws });
const proxied: Say = new Proxy(goOn, { has: throws });

describe('an answer that throws when it is read', () => {
  it.each([
    ['in its action', trapped('action')],
    ['in its notes', trapped('notes')],
    ['wherever it is touched', proxied],
  ])('%s is a failure, whether it comes at once or later', async (_, trap) => {
    manager = await shop(
      ['now', { 'order.glance': () => trap }],
      ['later', { 'order.glance': async () => trap }],
    );
    const { failures } = await manager.run('order.glance', 'tea', { within: openScope('order') });
    expect(failures).toMatchObject([
      { plugin: 'now', error: { code: 'PLUGIN_1210' } },
      { plugin: 'later', error: { code: 'PLUGIN_1210' } },
    ]);
  });

  it('in its score is a failure, and the scores of the others count', async () => {
    manager = await shop(
      ['a', { 'order.weigh': () => trapped('score') }],
      ['b', { 'order.weigh': () => ({ ...goOn, score: 12 }) }],
    );
    expect(await manager.run('order.weigh', 'tea')).toMatchObject({
      score: 12,
      failures: [{ plugin: 'a', error: { code: 'PLUGIN_1210' } }],
    });
  });

  it('in what a provider is judged by is a failure, and the next one is asked', async () => {
    manager = await shop(
      ['a', { 'order.whose': () => trapped('known') }],
      ['b', { 'order.whose': () => ({ ...goOn, known: 'ada' }) }],
    );
    expect(await manager.run('order.whose', 'tea')).toMatchObject({
      by: 'b',
      failures: [{ plugin: 'a', error: { code: 'PLUGIN_1210' } }],
    });
  });
});

describe('a closed hook', () => {
  const evades = (): never => {
    throw new PluginError('PLUGIN_1211', { message: 'not my business' });
  };

  it.each([
    ['at once', evades],
    ['later', async (): Promise<Say> => evades()],
  ])('is not opened by a plugin that denies %s to answer it, having said that it does', async (_, judge) => {
    manager = await shop(['a', { 'order.judge': judge }], ['b', { 'order.judge': () => approve }]);
    expect(await manager.run('order.judge', 'tea')).toMatchObject({ answer: { action: 'defer' }, by: 'a' });
  });
});

describe('facts', () => {
  const tries = {
    'order.judge': (_: string, context: Parameters<typeof factsOf>[0]): Say => {
      Object.assign(factsOf<ShopHooks>(context)['order.whose'] ?? {}, { known: 'eve' });
      return goOn;
    },
  };

  it('are changed neither by who reads them nor later by who answered them', async () => {
    const answer = { ...goOn, known: 'ada' };
    manager = await shop(['a', { 'order.whose': () => answer }], ['b', tries]);
    const order = openScope<ShopHooks>('order');
    await manager.run('order.whose', 'tea', { within: order });
    const { failures } = await manager.run('order.judge', 'tea', { within: order });
    answer.known = 'eve';
    expect(failures).toHaveLength(1);
    expect(order.facts['order.whose']?.known).toBe('ada');
  });

  it('that stand for all sessions alike are not changed in one of them', async () => {
    manager = await shop(['b', tries]);
    const order = openScope<ShopHooks>('order');
    await manager.run('order.whose', 'tea', { within: order });
    await manager.run('order.judge', 'tea', { within: order });
    expect((await manager.run('order.whose', 'tea')).answer).toEqual(goOn);
  });

  it('that no message can carry harm nobody who is asked later', async () => {
    const endless: Say & { self?: unknown; at(): void } = {
      ...goOn,
      known: 'ada',
      at() {},
    };
    endless.self = endless;
    manager = await shop(['a', { 'order.whose': () => endless }]);
    const order = openScope<ShopHooks>('order');
    await manager.run('order.whose', 'tea', { within: order });
    expect(structuredClone(order.facts['order.whose'])).toEqual({ ...goOn, known: 'ada' });
  });
});

describe('what plugins note under the names of objects', () => {
  it('reaches no other object', async () => {
    const answer = (notes: string): Say => ({ ...goOn, notes: JSON.parse(notes) as Say['notes'] & object });
    manager = await shop(
      ['a', { 'order.glance': () => answer('{ "order": { "__proto__": { "bad": 1 } } }') }],
      ['b', { 'order.glance': () => answer('{ "__proto__": { "bad": 1 } }') }],
    );
    const order = openScope('order');
    const { failures } = await manager.run('order.glance', 'tea', { within: order });
    expect(failures).toMatchObject([{ plugin: 'b', error: { code: 'PLUGIN_1210' } }]);
    expect([{}, order.metadataFor('a').notes['order'], order.metadataFor('b')]).toSatisfy(
      (objects: object[]) => objects.every((object) => !('bad' in object)),
    );
  });
});

describe('observers that cause what they are told', () => {
  it('leave the process its turns', async () => {
    let told = 0;
    const again = (): void => {
      if (++told < 5000) void manager?.run('order.seen', 'again');
    };
    manager = await shop(['a', { 'order.seen': again }], ['b', { 'order.seen': again }]);
    await manager.run('order.seen', 'tea');
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(told).toBeLessThan(100);
    told = 5000;
  });
});
