import { describe, expect, it } from 'vitest';
import { definePlugin, Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering, hanging, loud } from '../manager/plugins.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';

const simple = Simple<string, string>();

describe('a builder', () => {
  it('is not changed by its methods, so that it can be branched', async () => {
    const stem = simple.withPlugin('loud', inProcess(loud));
    await using left = await managed(stem.withPlugin('left', inProcess(loud)).build());
    await using right = await managed(stem.withPlugin('right', inProcess(loud)).build());
    await using itself = await managed(stem.build());
    const names = [left, right, itself].map(({ manager }) => manager.listPlugins().map(({ name }) => name));
    expect(names).toEqual([['loud', 'left'], ['loud', 'right'], ['loud']]);
  });

  it('keeps what it was given, whatever becomes of it later', async () => {
    const settings = { timeoutMs: 20, config: { greeting: 'hello' } };
    const clock = new ManualClock();
    const configs: unknown[] = [];
    const plugin = definePlugin({
      name: 'keeps',
      version: '1.0.0',
      initialize: ({ config }) => void configs.push(config),
      execute: () => new Promise<string>(() => {}),
    });
    const stem = simple.withClock(clock).withPlugin('hanging', inProcess(plugin), settings);
    settings.timeoutMs = -1;
    settings.config.greeting = 'bye';
    await using host = await managed(stem.build());
    const call = host.manager.execute('hanging', 'hello');
    clock.advance(20);
    await expect(call).rejects.toThrow('no answer within 20 ms');
    expect(configs).toEqual([{ greeting: 'hello' }]);
  });

  it('builds a new manager each time', async () => {
    const stem = simple.withPlugin('loud', inProcess(loud));
    const first = await stem.build();
    await first.shutdown();
    await using second = await managed(stem.build());
    expect(await second.manager.execute('loud', 'still here')).toBe('STILL HERE');
  });

  it('keeps what was said last of logger, clock and time', async () => {
    const [unused, used] = [new MemoryLogger(), new MemoryLogger()];
    const clock = new ManualClock();
    await using host = await managed(
      simple
        .withLogger(unused)
        .withLogger(used)
        .withTimeout(1)
        .withTimeout(20)
        .withClock(clock)
        .withPlugin('hanging', inProcess(hanging))
        .build(),
    );
    expect(unused.records).toEqual([]);
    expect(used.records.map(({ message }) => message)).toContain('plugin is ready');
    const call = host.manager.execute('hanging', 'hello');
    clock.advance(20);
    await expect(call).rejects.toThrow('no answer within 20 ms');
  });

  it('joins the services of several calls', async () => {
    const asksBoth = answering<string, unknown>(async (name, { host }) => [
      await host['one']?.(name),
      await host['two']?.(name),
    ]);
    await using host = await managed(
      Simple<string, unknown>()
        .withServices({ one: (name: string) => `${name} 1` })
        .withServices({ two: (name: string) => `${name} 2` })
        .withPlugin('asks', inProcess(asksBoth), { services: ['one', 'two'] })
        .build(),
    );
    expect(await host.manager.execute('asks', 'ada')).toEqual(['ada 1', 'ada 2']);
  });

  it.each([0, -1, NaN, '30' as unknown as number, undefined as unknown as number])(
    'refuses a time-out of %s at once',
    (timeoutMs) => {
      expect(() => simple.withTimeout(timeoutMs)).toThrow(
        expect.objectContaining({
          code: 'CONFIG_1703',
          message: `[CONFIG_1703] a timeout of ${timeoutMs} ms is over before it begins. Give more than 0.`,
        }),
      );
    },
  );

  it('builds a manager without plugins, which can take some up later', async () => {
    await using host = await managed(simple.build());
    expect(host.manager.listPlugins()).toEqual([]);
    const manager = await host.manager.register('loud', inProcess(loud));
    expect(await manager.execute('loud', 'hello')).toBe('HELLO');
  });
});
