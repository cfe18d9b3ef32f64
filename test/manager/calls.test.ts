import { describe, expect, it } from 'vitest';
import { defineHooks, definePlugin, hook, PluginError, Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { managed } from '../support/managed.ts';
import { thenable } from '../support/thenable.ts';
import { answering, loud } from './plugins.ts';

const simple = Simple<string, string>();

describe('execute', () => {
  it("gives the plugin's answer, whether it came at once or later", async () => {
    const later = answering<string, string>(async (text) => {
      await new Promise((resolve) => setImmediate(resolve));
      return `${text}, later`;
    });
    await using host = await managed(
      simple.withPlugin('loud', inProcess(loud)).withPlugin('later', inProcess(later)).build(),
    );
    expect(await host.manager.execute('loud', 'hello')).toBe('HELLO');
    expect(await host.manager.execute('later', 'hello')).toBe('hello, later');
  });

  it.each([undefined, null, 0, '', false, NaN])('gives the answer %s as it is', async (answer) => {
    const plain = answering<string, unknown>(() => answer);
    await using host = await managed(Simple<string, unknown>().withPlugin('plain', inProcess(plain)).build());
    expect(await host.manager.execute('plain', '')).toBe(answer);
  });

  it('says which plugins there are when the name is unknown', async () => {
    await using host = await managed(
      simple.withPlugin('auth', inProcess(loud)).withPlugin('mail', inProcess(loud)).build(),
    );
    const manager = host.manager as { execute(name: string, request: string): Promise<string> };
    await expect(manager.execute('aut', 'hello')).rejects.toMatchObject({
      code: 'PLUGIN_1201',
      message: "[PLUGIN_1201] plugin 'aut' not found. Registered: auth, mail.",
    });
    await expect(manager.execute('\u001b[2J', '')).rejects.toThrow("plugin '\\u001b[2J' not found.");
    await expect(manager.execute('toString', '')).rejects.toMatchObject({ code: 'PLUGIN_1201' });
    await expect(manager.execute(undefined as never, '')).rejects.toMatchObject({ code: 'PLUGIN_1201' });
  });

  it('rejects and never throws, even where the plugin throws at once', async () => {
    const throws = answering<string, string>(() => {
      throw new RangeError('no such user');
    });
    await using host = await managed(simple.withPlugin('auth', inProcess(throws)).build());
    const call = host.manager.execute('auth', 'ada');
    await expect(call).rejects.toThrow("[PLUGIN_1203] plugin 'auth': no such user");
    await expect(call).rejects.toMatchObject({ cause: new RangeError('no such user'), retryable: false });
  });

  it("keeps the code and the advice of a plugin's PluginError, and adds the place", async () => {
    const locked = answering<string, string>(() => {
      throw new PluginError('USER_LOCKED', { message: 'locked', retryable: true, retryAfterMs: 50 });
    });
    await using host = await managed(simple.withPlugin('auth', inProcess(locked)).build());
    await expect(host.manager.execute('auth', 'ada')).rejects.toMatchObject({
      code: 'USER_LOCKED',
      plugin: 'auth',
      hook: 'execute',
      retryable: true,
      retryAfterMs: 50,
      message: "[USER_LOCKED] plugin 'auth': locked",
    });
  });

  it('keeps the code of an error that is no PluginError, as it does when a child throws it', async () => {
    const quota = answering<string, string>(() => {
      throw Object.assign(new Error('no quota'), { code: 'QUOTA_EMPTY', retryable: true, retryAfterMs: 20 });
    });
    await using host = await managed(simple.withPlugin('auth', inProcess(quota)).build());
    await expect(host.manager.execute('auth', 'ada')).rejects.toMatchObject({
      code: 'QUOTA_EMPTY',
      retryable: true,
      retryAfterMs: 20,
    });
  });

  it('takes a thenable for a promise and a function for a value', async () => {
    const odd = answering<string, unknown>((text) =>
      text === 'then' ? thenable((resolve) => resolve('thenable')) : () => text,
    );
    await using host = await managed(Simple<string, unknown>().withPlugin('odd', inProcess(odd)).build());
    expect(await host.manager.execute('odd', 'then')).toBe('thenable');
    expect(await host.manager.execute('odd', 'value')).toBeTypeOf('function');
  });

  it('settles once, though a thenable settles twice', async () => {
    const twice = answering<string, unknown>(() =>
      thenable((resolve, reject) => {
        resolve('first');
        resolve('second');
        reject(new Error('third'));
      }),
    );
    await using host = await managed(Simple<string, unknown>().withPlugin('twice', inProcess(twice)).build());
    expect(await host.manager.execute('twice', '')).toBe('first');
    expect(host.manager.getPlugin('twice')?.calls).toEqual({
      started: 1,
      succeeded: 1,
      failed: 0,
      active: 0,
    });
  });
});

const mailHooks = defineHooks({
  'mail.rcptTo': hook<{ to: string }, { accept: boolean }>(),
  'mail.data': hook<{ lines: number }, { score: number }>(),
});

describe('call', () => {
  const policy = definePlugin<typeof mailHooks>({
    name: 'policy',
    version: '1.0.0',
    hooks: { 'mail.rcptTo': ({ to }) => ({ accept: to.endsWith('@example.org') }) },
  });

  it('asks one hook of a map', async () => {
    await using host = await managed(Simple(mailHooks).withPlugin('policy', inProcess(policy)).build());
    expect(await host.manager.call('policy', 'mail.rcptTo', { to: 'ada@example.org' })).toEqual({
      accept: true,
    });
  });

  it('fails with PLUGIN_1211 where the plugin does not answer the hook', async () => {
    await using host = await managed(Simple(mailHooks).withPlugin('policy', inProcess(policy)).build());
    await expect(host.manager.call('policy', 'mail.data', { lines: 3 })).rejects.toMatchObject({
      code: 'PLUGIN_1211',
      message:
        "[PLUGIN_1211] plugin 'policy', hook 'mail.data': the plugin does not answer this hook, only: mail.rcptTo",
    });
  });

  it('asks nothing that the contract does not name, though the plugin would answer', async () => {
    const more = definePlugin({
      name: 'more',
      version: '1.0.0',
      hooks: { 'mail.data': () => ({ score: 1 }), 'admin.reset': () => 'done' },
    } as unknown as Parameters<typeof definePlugin<typeof mailHooks>>[0]);
    await using host = await managed(Simple(mailHooks).withPlugin('more', inProcess(more)).build());
    const manager = host.manager as unknown as {
      call(plugin: string, hook: string, request: unknown): Promise<unknown>;
    };
    await expect(manager.call('more', 'admin.reset', {})).rejects.toMatchObject({ code: 'PLUGIN_1211' });
  });

  it('refuses a plugin that answers none of the hooks when it is built', async () => {
    const other = definePlugin({
      name: 'other',
      version: '1.0.0',
      hooks: { 'web.get': () => 1 },
    } as unknown as Parameters<typeof definePlugin<typeof mailHooks>>[0]);
    await expect(Simple(mailHooks).withPlugin('other', inProcess(other)).build()).rejects.toThrow(
      "[RPC_2002] plugin 'other': the host asks [mail.rcptTo, mail.data], the plugin answers [web.get]",
    );
  });
});

describe('what can be seen of a plugin', () => {
  it('is its name, transport, state, info, hooks and calls', async () => {
    await using host = await managed(simple.withPlugin('auth', inProcess(loud)).build());
    await host.manager.execute('auth', 'hello');
    const view = host.manager.getPlugin('auth');
    expect(view).toMatchObject({
      name: 'auth',
      kind: 'in-process',
      target: 'answering',
      state: { status: 'ready', since: expect.any(Date) as Date, pid: undefined },
      info: { name: 'answering', version: '1.0.0' },
      hooks: ['execute'],
      pid: undefined,
      restarts: 0,
      calls: { started: 1, succeeded: 1, failed: 0, active: 0 },
    });
    expect(host.manager.listPlugins()).toEqual([view]);
  });

  it('is nothing for a name that is not there', async () => {
    await using host = await managed(simple.withPlugin('auth', inProcess(loud)).build());
    const { manager } = host;
    expect([manager.has('auth'), manager.has('mail'), manager.has('constructor')]).toEqual([
      true,
      false,
      false,
    ]);
    expect([manager.getPlugin('mail'), manager.getPlugin('__proto__')]).toEqual([undefined, undefined]);
  });
});
