import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineHooks, definePlugin, hook, Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';

describe('a hook', () => {
  it('carries its schemas, and none where its types are a claim', () => {
    const request = z.string();
    const response = z.number();
    expect(hook({ request, response })).toEqual({ request, response });
    expect(hook<string, number>()).toEqual({ request: undefined, response: undefined });
  });

  it('cannot be changed by whoever holds it', () => {
    expect(Object.isFrozen(hook<string, number>())).toBe(true);
  });
});

describe('defineHooks', () => {
  it('gives a map that nobody can change, not even through the object it was made of', () => {
    const made = { 'mail.rcptTo': hook<string, boolean>() };
    const hooks = defineHooks(made);
    Object.assign(made, { 'mail.data': hook<string, boolean>() });
    expect(Object.keys(hooks)).toEqual(['mail.rcptTo']);
    expect(Object.isFrozen(hooks)).toBe(true);
  });

  it.each(['a', 'mail.rcptTo', 'mail:rcpt-to', 'A_1', `a${'b'.repeat(99)}`])('takes the name %s', (name) => {
    expect(Object.keys(defineHooks({ [name]: hook() }))).toEqual([name]);
  });

  it.each(['', ' ', '1st', '.data', '_a', 'a b', 'a\n', 'a/b', 'ä', `a${'b'.repeat(100)}`])(
    'refuses the name %j',
    (name) => {
      expect(() => defineHooks({ [name]: hook() })).toThrow(
        expect.objectContaining({
          code: 'CONFIG_1703',
          message: expect.stringContaining(
            "is not a hook's name. Name each hook like 'mail.rcptTo': letters, digits and . : _ - after a letter.",
          ) as string,
        }),
      );
    },
  );

  it('refuses an empty map', () => {
    expect(() => defineHooks({})).toThrow('[CONFIG_1703] the map is empty. Name each hook like');
  });

  it('may name a hook as objects name their own members', async () => {
    const hooks = defineHooks({ constructor: hook<string, string>(), toString: hook<string, string>() });
    const plugin = definePlugin<typeof hooks>({
      name: 'odd',
      version: '1.0.0',
      hooks: { constructor: (text) => `built ${text}` },
    });
    const manager = await Simple(hooks).withPlugin('odd', inProcess(plugin)).build();
    expect(await manager.call('odd', 'constructor', 'it')).toBe('built it');
    await expect(manager.call('odd', 'toString', 'it')).rejects.toMatchObject({ code: 'PLUGIN_1211' });
    await manager.shutdown();
  });
});
