import { afterEach, describe, expect, it } from 'vitest';
import type { PluginError, PluginManager } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { goOn, shop, shopPlugin, type Say, type ShopHooks, type ShopPlugin } from '../support/shop-hooks.ts';

let manager: PluginManager<ShopHooks> | undefined;
afterEach(async () => manager?.shutdown());

const made = async (...plugins: ShopPlugin[]): Promise<PluginManager<ShopHooks>> =>
  (manager = await shop(...plugins));
const later = <T>(value: T): Promise<T> => new Promise((resolve) => setImmediate(() => resolve(value)));
const approve: Say = { action: 'approve' };
const refuse: Say = { action: 'refuse' };

describe('a hook that the first decision ends', () => {
  it('answers what the first plugin decides, and asks nobody after it', async () => {
    const asked: string[] = [];
    const judge = (name: string, say: Say): ((order: string) => Say) => {
      return () => {
        asked.push(name);
        return say;
      };
    };
    const shopped = await made(
      ['a', { 'order.judge': judge('a', goOn) }],
      ['b', { 'order.judge': judge('b', refuse) }],
      ['c', { 'order.judge': judge('c', approve) }],
    );
    expect(await shopped.run('order.judge', 'tea')).toEqual({
      answer: refuse,
      by: 'b',
      request: 'tea',
      modifications: [],
      score: 0,
      failures: [],
    });
    expect(asked).toEqual(['a', 'b']);
  });

  it('answers `otherwise` where nobody decides, and where nobody answers it', async () => {
    const shopped = await made(['a', { 'order.judge': () => goOn }]);
    expect(await shopped.run('order.judge', 'tea')).toMatchObject({ answer: goOn, by: undefined });
    expect(await shopped.run('order.glance', 'tea')).toMatchObject({ answer: goOn, by: undefined });
  });

  it('gathers what is to be modified, but shows it to nobody', async () => {
    const shopped = await made(
      ['a', { 'order.judge': () => ({ action: 'modify', text: 'with milk' }) }],
      ['b', { 'order.judge': (order) => ({ action: 'approve', text: order }) }],
    );
    expect(await shopped.run('order.judge', 'tea')).toMatchObject({
      answer: { action: 'approve', text: 'tea' },
      request: 'tea',
      modifications: [{ action: 'modify', text: 'with milk' }],
    });
  });

  it('asks by priority, the lower first, then in the order of registration', async () => {
    const order: string[] = [];
    const say = (name: string) => ({
      'order.judge': (): Say => {
        order.push(name);
        return goOn;
      },
    });
    const shopped = await made(
      ['late', say('late'), { priority: 9 }],
      ['second', say('second')],
      ['third', say('third')],
      ['first', say('first'), { priority: 5, hooks: { 'order.judge': { priority: -1 } } }],
    );
    await shopped.run('order.judge', 'tea');
    expect(order).toEqual(['first', 'second', 'third', 'late']);
    await shopped.reconfigure('third', { priority: -7 });
    await shopped.run('order.judge', 'tea');
    expect(order.slice(4)).toEqual(['third', 'first', 'second', 'late']);
  });

  it('knows at once who came and who went', async () => {
    const shopped = await made(['a', { 'order.judge': () => goOn }]);
    expect(await shopped.run('order.judge', 'tea')).toMatchObject({ by: undefined });
    await shopped.register('b', inProcess(shopPlugin({ 'order.judge': () => refuse })));
    expect(await shopped.run('order.judge', 'tea')).toMatchObject({ by: 'b' });
    await shopped.unregister('b');
    expect(await shopped.run('order.judge', 'tea')).toMatchObject({ by: undefined, failures: [] });
  });
});

describe('a chain that modifies', () => {
  it('shows each plugin what those before it made of the request', async () => {
    const shopped = await made(
      ['a', { 'order.edit': () => ({ action: 'modify', text: 'milk' }) }],
      ['b', { 'order.edit': async (order) => later({ action: 'modify', text: `(${order}) sugar` }) }],
      ['c', { 'order.edit': (order) => (order.includes('sugar') ? approve : refuse) }],
    );
    expect(await shopped.run('order.edit', 'tea')).toMatchObject({
      answer: approve,
      by: 'c',
      request: 'tea milk (tea milk) sugar',
      modifications: [{ text: 'milk' }, { text: '(tea milk) sugar' }],
    });
  });

  it('still refuses when somebody refuses after a change', async () => {
    const shopped = await made(
      ['a', { 'order.edit': () => ({ action: 'modify', text: 'milk' }) }],
      ['b', { 'order.edit': () => refuse }],
    );
    expect(await shopped.run('order.edit', 'tea')).toMatchObject({ answer: refuse, by: 'b' });
  });
});

describe('a hook that adds up scores', () => {
  it('asks all at once, and comes over the threshold only together', async () => {
    let running = 0;
    let most = 0;
    const weigh = (score: number) => ({
      'order.weigh': async (): Promise<Say> => {
        most = Math.max(most, ++running);
        await later(undefined);
        running--;
        return { ...goOn, score };
      },
    });
    const shopped = await made(['a', weigh(6)], ['b', weigh(5)]);
    const verdict = await shopped.run('order.weigh', 'tea');
    expect(verdict).toMatchObject({ answer: { action: 'refuse', text: 'sum 11' }, by: undefined, score: 11 });
    expect(most).toBe(2);
    await shopped.unregister('b');
    expect(await shopped.run('order.weigh', 'tea')).toMatchObject({ answer: goOn, score: 6 });
  });

  it('lets the worst answer win, whoever is faster, and of equals the first plugin', async () => {
    const shopped = await made(
      ['slow', { 'order.weigh': async () => later<Say>({ ...refuse, text: 'slow' }) }],
      ['fast', { 'order.weigh': () => ({ ...refuse, text: 'fast' }) }],
      ['mild', { 'order.weigh': () => ({ action: 'defer' }) }],
    );
    expect(await shopped.run('order.weigh', 'tea')).toMatchObject({
      by: 'slow',
      answer: { text: 'slow' },
    });
  });

  it.each([Number.NaN, Infinity])('takes the score %d for a failure of the plugin', async (score) => {
    const shopped = await made(['a', { 'order.weigh': () => ({ ...goOn, score }) }]);
    const { failures, score: sum } = await shopped.run('order.weigh', 'tea');
    expect(sum).toBe(0);
    expect(failures).toMatchObject([{ plugin: 'a', rule: 'open', error: { code: 'PLUGIN_1210' } }]);
  });
});

describe('a hook that wants to know something', () => {
  it('asks until somebody knows', async () => {
    const shopped = await made(
      ['a', { 'order.whose': () => goOn }],
      ['b', { 'order.whose': () => ({ ...goOn, known: 'ada' }) }],
      ['c', { 'order.whose': () => ({ ...goOn, known: 'bob' }) }],
    );
    expect(await shopped.run('order.whose', 'tea')).toMatchObject({ by: 'b', answer: { known: 'ada' } });
  });
});

describe('without a wait', () => {
  it('there is a verdict and no promise', async () => {
    const shopped = await made(
      ['a', { 'order.judge': () => goOn, 'order.weigh': () => goOn }],
      ['b', { 'order.judge': () => approve, 'order.weigh': async () => goOn }],
    );
    expect(shopped.run('order.judge', 'tea')).toMatchObject({ by: 'b' });
    expect(shopped.run('order.weigh', 'tea')).toBeInstanceOf(Promise);
  });

  it('a chain of three thousand is no deep stack', async () => {
    const shopped = await made(
      ...Array.from({ length: 3000 }, (_, index) => [`p${index}`, { 'order.judge': () => goOn }] as const),
    );
    expect(shopped.run('order.judge', 'tea')).toMatchObject({ by: undefined });
  });
});

describe('what cannot be run', () => {
  it('is refused with what there is', async () => {
    const shopped = await made();
    const run = (hook: string): unknown => shopped.run(hook as 'order.judge', 'tea');
    expect(() => run('order.ask')).toThrow("[PLUGIN_1211] 'order.ask' is no hook that can be run.");
    expect(() => run('toString')).toThrow('[PLUGIN_1211]');
    expect(() => shopped.run('order.judge', 'tea', { timeoutMs: -1 })).toThrow('[CONFIG_1703]');
    await shopped.shutdown();
    expect(() => run('order.judge')).toThrow(expect.objectContaining({ code: 'PLUGIN_1208' }) as PluginError);
  });
});
