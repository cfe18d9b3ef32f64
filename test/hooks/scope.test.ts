import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { factsOf, notesOf, openScope, Simple, type PluginManager, type PluginSource } from 'plugboard';
import { serveGrpc } from 'plugboard/grpc';
import { grpc, inProcess, subprocess, worker } from 'plugboard/transports';
import { goOn, shop, shopHooks, shopPlugin, type Say, type ShopHooks } from '../support/shop-hooks.ts';

let manager: PluginManager<ShopHooks> | undefined;
afterEach(async () => manager?.shutdown());

const knows = (known: string) => ({ 'order.whose': (): Say => ({ ...goOn, known }) });

describe('what a hook found out', () => {
  it('is a fact for whoever is asked later in the same scope, and for nobody else', async () => {
    const seen: unknown[] = [];
    manager = await shop(
      ['a', knows('ada')],
      [
        'b',
        {
          'order.judge': (_, context) => {
            seen.push(factsOf<ShopHooks>(context)['order.whose']?.known);
            return goOn;
          },
        },
      ],
    );
    const session = openScope('session');
    const order = openScope('order', session);
    await manager.run('order.judge', 'tea', { within: order });
    await manager.run('order.whose', 'tea', { within: order });
    await manager.run('order.judge', 'tea', { within: order });
    await manager.run('order.judge', 'tea', { within: session });
    await manager.run('order.judge', 'tea');
    expect(seen).toEqual([undefined, 'ada', undefined, undefined]);
  });

  it('in a scope is known in those inside it', async () => {
    const seen: unknown[] = [];
    const look = (_: string, context: Parameters<typeof factsOf>[0]): Say => {
      seen.push(factsOf<ShopHooks>(context)['order.weigh']?.action);
      return goOn;
    };
    manager = await shop(['a', { 'order.weigh': () => ({ ...goOn, score: 12 }), 'order.judge': look }]);
    const session = openScope<ShopHooks>('session');
    await manager.run('order.weigh', 'tea', { within: session });
    await manager.run('order.judge', 'tea', { within: openScope('order', session) });
    expect(seen).toEqual(['refuse']);
    expect(session.facts['order.weigh']).toMatchObject({ action: 'refuse', text: 'sum 12' });
  });

  it('is not changed by a plugin that tries', async () => {
    manager = await shop(
      ['a', knows('ada')],
      [
        'b',
        {
          'order.judge': (_, context) => {
            Object.assign(factsOf<ShopHooks>(context), { 'order.whose': { known: 'eve' } });
            return goOn;
          },
        },
      ],
    );
    const order = openScope<ShopHooks>('order');
    await manager.run('order.whose', 'tea', { within: order });
    const { failures } = await manager.run('order.judge', 'tea', { within: order });
    expect(failures).toHaveLength(1);
    expect(order.facts['order.whose']?.known).toBe('ada');
  });
});

describe('what a plugin notes', () => {
  const counts = {
    'order.judge': (_: string, context: Parameters<typeof notesOf>[0]): Say => {
      const notes = notesOf(context);
      const [inSession, inOrder] = [notes['session']?.['n'] ?? 0, notes['order']?.['n'] ?? 0] as [
        number,
        number,
      ];
      return {
        ...goOn,
        text: `${inSession}/${inOrder}`,
        notes: { session: { n: inSession + 1 }, order: { n: inOrder + 1, last: true } },
      };
    },
  };

  it('is found again, in the session and in each order by itself', async () => {
    const said: unknown[] = [];
    const noted = {
      'order.judge': (order: string, context: Parameters<typeof notesOf>[0]): Say => {
        const say = counts['order.judge'](order, context);
        said.push(say.text);
        return say;
      },
    };
    manager = await shop(['a', noted], ['b', noted]);
    const session = openScope('session');
    for (const order of [openScope('order', session), openScope('order', session)]) {
      await manager.run('order.judge', 'tea', { within: order });
      await manager.run('order.judge', 'tea', { within: order });
    }
    expect(said).toEqual(['0/0', '0/0', '1/1', '1/1', '2/0', '2/0', '3/1', '3/1']);
  });

  it.each([
    ['in a scope that is not open', { order: { n: 1 }, kitchen: { n: 1 } }],
    ['that is more than 64 KiB', { order: { n: 'x'.repeat(70_000) } }],
    ['that is no data', { order: { n: 1n } }],
  ])('%s is its failure, and is not kept', async (_, notes) => {
    manager = await shop(['a', { 'order.judge': () => ({ ...goOn, notes }) }]);
    const order = openScope('order');
    const { failures } = await manager.run('order.judge', 'tea', { within: order });
    expect(failures).toMatchObject([{ plugin: 'a', error: { code: 'PLUGIN_1210' } }]);
    expect(order.metadataFor('a').notes).toEqual({});
  });
});

describe('facts and notes', () => {
  const file = fileURLToPath(new URL('../fixtures/plugins/notes.mjs', import.meta.url));

  const served = async (session: boolean): Promise<PluginSource> => {
    const server = await serveGrpc(
      shopPlugin({
        'order.judge': (_, context) => {
          const times = Number(notesOf(context)['order']?.['times'] ?? 0) + 1;
          const text = `for ${factsOf<ShopHooks>(context)['order.whose']?.known ?? ''}, time ${times}`;
          return { action: 'approve', text, notes: { order: { times } } };
        },
      }),
    );
    onTestFinished(() => server.close(0));
    return grpc(server.endpoint, { session });
  };

  it.each([
    ['a child', () => subprocess(process.execPath, { args: [file] })],
    ['a worker', () => worker(file)],
    ['a server, over a session', () => served(true)],
    ['a server, in calls by themselves', () => served(false)],
  ])('reach %s and come back', async (_, reach) => {
    const source = await reach();
    manager = await Simple(shopHooks)
      .withPlugin('a', inProcess(shopPlugin(knows('ada'))))
      .withPlugin('b', source)
      .build();
    const order = openScope<ShopHooks>('order', openScope('session'));
    await manager.run('order.whose', 'tea', { within: order });
    await manager.run('order.judge', 'tea', { within: order });
    const { answer } = await manager.run('order.judge', 'tea', { within: order });
    expect(answer).toMatchObject({ action: 'approve', text: 'for ada, time 2' });
  });
});
