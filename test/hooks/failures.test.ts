import { afterEach, describe, expect, it } from 'vitest';
import { Simple, type PluginError, type PluginManager, type Scope } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { ManualClock } from '../support/manual-clock.ts';
import { goOn, shop, shopHooks, shopPlugin, type Say, type ShopHooks } from '../support/shop-hooks.ts';

let manager: PluginManager<ShopHooks> | undefined;
afterEach(async () => manager?.shutdown());

const throws = (): never => {
  throw new Error('broken');
};
const approve: Say = { action: 'approve' };
/** Lets time pass, after what is under way has begun and before what it causes is looked at. */
const pass = async (clock: ManualClock, ms: number): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(ms);
  await new Promise((resolve) => setImmediate(resolve));
};
const never = (): Promise<Say> => new Promise(() => {});

describe('a plugin that fails', () => {
  it('is passed over where the hook is open', async () => {
    manager = await shop(['a', { 'order.glance': throws }], ['b', { 'order.glance': () => approve }]);
    expect(await manager.run('order.glance', 'tea')).toMatchObject({
      answer: approve,
      by: 'b',
      failures: [{ plugin: 'a', rule: 'open', error: { code: 'PLUGIN_1203' } }],
    });
  });

  it('is answered for by the refusal of a closed hook, and nobody after it is asked', async () => {
    manager = await shop(['a', { 'order.judge': throws }], ['b', { 'order.judge': () => approve }]);
    expect(await manager.run('order.judge', 'tea')).toMatchObject({
      answer: { action: 'defer', code: 451, text: 'no word from a' },
      by: 'a',
      failures: [{ plugin: 'a', rule: 'closed', error: { code: 'PLUGIN_1203' } }],
    });
  });

  it.each([
    [{ onFailure: 'open' } as const, approve],
    [{ hooks: { 'order.judge': { onFailure: 'open' } } } as const, approve],
    [{ onFailure: 'open', hooks: { 'order.judge': { onFailure: 'closed' } } } as const, { code: 451 }],
    [{ onFailure: { closed: 421 } } as const, { action: 'defer', code: 421 }],
  ])('has a rule of its own with %j', async (settings, answer) => {
    manager = await shop(['a', { 'order.judge': throws }, settings], ['b', { 'order.judge': () => approve }]);
    expect(await manager.run('order.judge', 'tea')).toMatchObject({ answer });
  });

  it('closes an open hook that adds up scores, if its settings say so', async () => {
    manager = await shop(
      ['a', { 'order.weigh': throws }, { onFailure: 'closed' }],
      ['b', { 'order.weigh': () => approve }],
    );
    expect(await manager.run('order.weigh', 'tea')).toMatchObject({ answer: { action: 'defer' }, by: 'a' });
  });

  it('is told of by an event', async () => {
    const told: unknown[] = [];
    manager = await shop(['a', { 'order.judge': throws }]);
    manager.on('hookFailed', (event) => told.push(event));
    await manager.run('order.judge', 'tea');
    expect(told).toMatchObject([{ plugin: 'a', hook: 'order.judge', rule: 'closed' }]);
  });
});

describe('an answer that means nothing', () => {
  it.each([undefined, null, 'approve', 7, {}, { action: 5 }])('such as %j is a failure', async (answer) => {
    manager = await shop(['a', { 'order.judge': () => answer as Say }]);
    expect(await manager.run('order.judge', 'tea')).toMatchObject({
      answer: { action: 'defer' },
      failures: [{ error: { code: 'PLUGIN_1210' } }],
    });
  });
});

describe('the time of a chain', () => {
  it('is one for all its plugins, and who was not asked has failed', async () => {
    const clock = new ManualClock();
    manager = await Simple(shopHooks)
      .withClock(clock)
      .withTimeout(1000)
      .withPlugin('a', inProcess(shopPlugin({ 'order.glance': never })))
      .withPlugin('b', inProcess(shopPlugin({ 'order.glance': never })), { timeoutMs: 300 })
      .withPlugin('c', inProcess(shopPlugin({ 'order.glance': () => approve })))
      .build();
    const verdict = manager.run('order.glance', 'tea');
    await pass(clock, 1000);
    expect(await verdict).toMatchObject({
      answer: goOn,
      failures: [
        { plugin: 'a', error: { code: 'PLUGIN_1204' } },
        { plugin: 'b', error: { code: 'PLUGIN_1204' } },
        { plugin: 'c', error: { code: 'PLUGIN_1204' } },
      ],
    });
  });

  it("leaves a plugin no more than its own time, and the next one what's left", async () => {
    const clock = new ManualClock();
    manager = await Simple(shopHooks)
      .withClock(clock)
      .withTimeout(1000)
      .withPlugin('a', inProcess(shopPlugin({ 'order.glance': never })), { timeoutMs: 300 })
      .withPlugin(
        'b',
        inProcess(
          shopPlugin({
            'order.glance': (_, { remainingMs }) => ({ ...approve, text: String(remainingMs) }),
          }),
        ),
      )
      .build();
    const verdict = manager.run('order.glance', 'tea');
    await pass(clock, 300);
    expect(await verdict).toMatchObject({ by: 'b', answer: { text: '700' } });
  });

  it('is of the run that says so', async () => {
    const clock = new ManualClock();
    manager = await Simple(shopHooks)
      .withClock(clock)
      .withPlugin('a', inProcess(shopPlugin({ 'order.judge': never })))
      .build();
    const verdict = manager.run('order.judge', 'tea', { timeoutMs: 50 });
    await pass(clock, 50);
    expect(await verdict).toMatchObject({ by: 'a', failures: [{ error: { code: 'PLUGIN_1204' } }] });
    await manager.reconfigure('a', { onFailure: 'open' });
    await manager.register('b', inProcess(shopPlugin({ 'order.judge': () => approve })));
    const next = manager.run('order.judge', 'tea', { timeoutMs: 70 });
    await pass(clock, 70);
    const { failures } = await next;
    expect(failures.map(({ error }) => error.rawMessage)[1]).toContain(
      'the 70 ms of the whole chain were over',
    );
  });
});

describe('a caller that gives up', () => {
  it('ends the run, and the plugin hears of it', async () => {
    const controller = new AbortController();
    let heard: AbortSignal | undefined;
    manager = await shop(['a', { 'order.judge': (_, { signal }) => ((heard = signal), never()) }]);
    const verdict = manager.run('order.judge', 'tea', { signal: controller.signal });
    controller.abort();
    await expect(verdict).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    expect(heard?.aborted).toBe(true);
  });

  it('before it began asks nobody', async () => {
    let asked = false;
    manager = await shop(['a', { 'order.judge': () => ((asked = true), goOn) }]);
    const run = manager;
    expect(() => run.run('order.judge', 'tea', { signal: AbortSignal.abort() })).toThrow(
      expect.objectContaining({ code: 'PLUGIN_1206' }) as PluginError,
    );
    expect(asked).toBe(false);
  });
});

describe('the options of a run', () => {
  it.each([{}, null, 'order'])('refuse %j as a scope', async (within) => {
    manager = await shop(['a', { 'order.judge': () => goOn }]);
    const run = manager;
    expect(() => run.run('order.judge', 'tea', { within: within as unknown as Scope })).toThrow(
      "[CONFIG_1703] hook 'order.judge': the options of the run are wrong: within must be made with openScope.",
    );
  });
});
