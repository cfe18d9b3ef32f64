import { describe, expect, it } from 'vitest';
import { definePlugin, type CallContext, type SinglePluginSpec } from 'plugboard';

const answers = { execute: (): number => 1 };

describe('definePlugin', () => {
  it('keeps who the plugin is, and nothing else of the spec', () => {
    const info = {
      name: 'auth',
      version: '1.2.3',
      description: 'checks passwords',
      author: 'Ada',
      capabilities: ['login'],
      metadata: { tier: 1 },
    };
    expect(definePlugin({ ...info, ...answers }).info).toEqual(info);
  });

  it.each([
    { name: '', version: '1.0.0' },
    { name: 'auth', version: '' },
    { name: 'auth', version: '1.0' },
    { name: 7 as unknown as string, version: '1.0.0' },
  ])('refuses %j: a name and a semantic version are needed', (info) => {
    expect(() => definePlugin({ ...info, ...answers })).toThrow(
      '[PLUGIN_1001] a plugin needs a name and a semantic version such as 1.0.0. Give both to definePlugin.',
    );
  });

  it('refuses a plugin that answers nothing', () => {
    const nothing =
      "[PLUGIN_1211] plugin 'auth': the plugin answers nothing. " +
      'Give definePlugin an `execute` function or a map of `hooks`.';
    expect(() => definePlugin({ name: 'auth', version: '1.0.0', hooks: {} })).toThrow(nothing);
    const noFunction = { name: 'auth', version: '1.0.0', execute: 'yes' as unknown as () => void };
    expect(() => definePlugin(noFunction)).toThrow(nothing);
  });

  it('takes an instance of a class, which keeps its `this`', async () => {
    class Counter implements SinglePluginSpec<number, number> {
      readonly name = 'counter';
      readonly version = '1.0.0';
      readonly #step = 5;

      execute(n: number): number {
        return n + this.#step;
      }
      health(): 'healthy' | 'unhealthy' {
        return this.#step === 5 ? 'healthy' : 'unhealthy';
      }
    }
    const plugin = definePlugin(new Counter());
    expect(plugin.handlers.get('execute')?.(1, {} as CallContext)).toBe(6);
    expect(await plugin.health?.()).toBe('healthy');
  });

  it('answers under `execute` with one question and under its names with a map', () => {
    expect([...definePlugin({ name: 'a', version: '1.0.0', ...answers }).handlers.keys()]).toEqual([
      'execute',
    ]);
    const hooks = { 'mail.data': () => 1, 'mail.quit': () => 2 };
    expect([...definePlugin({ name: 'a', version: '1.0.0', hooks }).handlers.keys()]).toEqual([
      'mail.data',
      'mail.quit',
    ]);
  });
});
