import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineHooks, definePlugin, hook, Simple, type Schema } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { answering, loud, waiting } from './plugins.ts';
import { soFar } from './so-far.ts';

const text = z.string();

/** A schema of our own, as the standard describes them. */
function schema<T>(validate: (value: unknown) => unknown): Schema<T, T> {
  return {
    '~standard': { version: 1, vendor: 'ours', validate: validate as Schema<T, T>['~standard']['validate'] },
  };
}

describe('a request', () => {
  it('reaches the plugin as the schema leaves it', async () => {
    const request = z.object({ user: z.string().trim().toLowerCase(), tries: z.number().default(3) });
    const seen: unknown[] = [];
    const auth = answering<z.output<typeof request>, string>((question) => {
      seen.push(question);
      return 'ok';
    });
    await using host = await managed(
      Simple({ request, response: text })
        .withPlugin('auth', inProcess(auth) as never)
        .build(),
    );
    const manager = host.manager as unknown as { execute(name: string, question: unknown): Promise<string> };
    await manager.execute('auth', { user: '  ADA ', more: 'dropped' });
    expect(seen).toEqual([{ user: 'ada', tries: 3 }]);
  });

  it('that breaks the contract is PLUGIN_1209, and the plugin is not asked', async () => {
    const request = z.object({ user: z.string(), tries: z.number().max(5) });
    let asked = 0;
    const auth = answering<z.input<typeof request>, string>(() => {
      asked++;
      return 'ok';
    });
    await using host = await managed(
      Simple({ request, response: text }).withPlugin('auth', inProcess(auth), { retry: {} }).build(),
    );
    const call = host.manager.execute('auth', { user: 7 as unknown as string, tries: 9 });
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1209', plugin: 'auth', retryable: false });
    await expect(call).rejects.toThrow(
      /^\[PLUGIN_1209\] plugin 'auth': the request breaks the contract: user: .*string.*; tries: .*5.*\.$/,
    );
    expect(asked).toBe(0);
  });

  it('shows three of its mistakes and counts the others', async () => {
    const request = z.array(z.string());
    const auth = answering<string[], string>(() => 'ok');
    await using host = await managed(
      Simple({ request, response: text }).withPlugin('auth', inProcess(auth)).build(),
    );
    const call = host.manager.execute('auth', [1, 2, 3, 4, 5] as unknown as string[]);
    await expect(call).rejects.toThrow(/contract: 0: .*; 1: .*; 2: .*; and 2 more\.$/);
  });

  it('is shown safely where its mistake is in a name from outside', async () => {
    const request = z.record(z.string(), z.number());
    const auth = answering<Record<string, number>, string>(() => 'ok');
    await using host = await managed(
      Simple({ request, response: text }).withPlugin('auth', inProcess(auth)).build(),
    );
    const call = host.manager.execute('auth', { '\u001b[2J': 'x' as unknown as number });
    await expect(call).rejects.toThrow('contract: \\u001b[2J: ');
  });
});

describe('an answer', () => {
  it('that breaks the contract is PLUGIN_1210, and is not asked for again', async () => {
    let asked = 0;
    const auth = answering<string, string>(() => {
      asked++;
      return 42 as unknown as string;
    });
    await using host = await managed(
      Simple({ request: text, response: text }).withPlugin('auth', inProcess(auth), { retry: {} }).build(),
    );
    await expect(host.manager.execute('auth', 'ada')).rejects.toThrow(
      /^\[PLUGIN_1210\] plugin 'auth': the plugin's answer breaks the contract: .*string.*\.$/,
    );
    expect(asked).toBe(1);
    expect(host.manager.getPlugin('auth')?.calls).toEqual({ started: 1, succeeded: 0, failed: 1, active: 0 });
  });

  it('reaches the caller as the schema leaves it', async () => {
    const response = z.object({ score: z.number() });
    const scores = answering<string, { score: number }>(
      () => ({ score: 5, secret: 'hidden' }) as { score: number },
    );
    await using host = await managed(
      Simple({ request: text, response }).withPlugin('spam', inProcess(scores)).build(),
    );
    expect(await host.manager.execute('spam', 'hello')).toEqual({ score: 5 });
  });
});

describe('a map of hooks', () => {
  it('checks each hook by its own schemas, and leaves alone those that have none', async () => {
    const hooks = defineHooks({
      'mail.rcptTo': hook({ request: z.email(), response: z.boolean() }),
      'mail.data': hook<number, number>(),
    });
    const policy = definePlugin<typeof hooks>({
      name: 'policy',
      version: '1.0.0',
      hooks: {
        'mail.rcptTo': (to) => to.endsWith('.org'),
        'mail.data': (lines) => String(lines) as unknown as number,
      },
    });
    await using host = await managed(Simple(hooks).withPlugin('policy', inProcess(policy)).build());
    expect(await host.manager.call('policy', 'mail.rcptTo', 'ada@example.org')).toBe(true);
    await expect(host.manager.call('policy', 'mail.rcptTo', 'ada')).rejects.toMatchObject({
      code: 'PLUGIN_1209',
      hook: 'mail.rcptTo',
    });
    expect(await host.manager.call('policy', 'mail.data', 3)).toBe('3');
  });
});

describe('a schema', () => {
  it('may be asynchronous', async () => {
    const known = text.refine(async (user) => user === 'ada', 'nobody knows that user');
    await using host = await managed(
      Simple({ request: known, response: known })
        .withPlugin('echo', inProcess(answering<string, string>((user) => user)))
        .build(),
    );
    expect(await host.manager.execute('echo', 'ada')).toBe('ada');
    await expect(host.manager.execute('echo', 'bob')).rejects.toThrow(
      'the request breaks the contract: nobody knows that user.',
    );
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('the schema is broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the schema is broken'))],
  ])('that %s refuses the message and says why', async (_what, validate) => {
    const broken = schema<string>(validate);
    await using bad = await managed(
      Simple({ request: broken, response: text }).withPlugin('loud', inProcess(loud)).build(),
    );
    await expect(bad.manager.execute('loud', 'hello')).rejects.toThrow(
      "[PLUGIN_1209] plugin 'loud': the request breaks the contract: the schema is broken",
    );
    await using worse = await managed(
      Simple({ request: text, response: broken }).withPlugin('loud', inProcess(loud)).build(),
    );
    await expect(worse.manager.execute('loud', 'hello')).rejects.toMatchObject({ code: 'PLUGIN_1210' });
  });

  it('that takes too long is bounded by the deadline, and the plugin is not asked afterwards', async () => {
    const clock = new ManualClock();
    let pass = (): void => {};
    const slow = schema<string>((value) => new Promise((resolve) => (pass = () => resolve({ value }))));
    const { plugin, letGo } = waiting();
    await using host = await managed(
      Simple({ request: slow, response: text })
        .withClock(clock)
        .withPlugin('auth', inProcess(plugin))
        .build(),
    );
    const call = host.manager.execute('auth', 'hello', { timeoutMs: 10 });
    clock.advance(10);
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1204' });
    pass();
    letGo();
    expect(await soFar(call)).toBe('PLUGIN_1204');
    expect(host.manager.getPlugin('auth')?.calls).toEqual({ started: 1, succeeded: 0, failed: 1, active: 0 });
  });

  it('may be a function, as those of arktype are', async () => {
    const callable = Object.assign(
      () => {},
      schema<string>((value) =>
        typeof value === 'string' ? { value } : { issues: [{ message: 'no text' }] },
      ),
    );
    await using host = await managed(
      Simple({ request: callable, response: callable }).withPlugin('loud', inProcess(loud)).build(),
    );
    expect(await host.manager.execute('loud', 'hello')).toBe('HELLO');
    await expect(host.manager.execute('loud', 5 as unknown as string)).rejects.toThrow('contract: no text.');
  });

  it('that calls its paths by keys and by objects is understood', async () => {
    const odd = schema<string>(() => ({ issues: [{ message: 'wrong', path: ['a', 1, { key: 'b' }] }] }));
    await using host = await managed(
      Simple({ request: odd, response: text }).withPlugin('loud', inProcess(loud)).build(),
    );
    await expect(host.manager.execute('loud', '')).rejects.toThrow(
      'the request breaks the contract: a.1.b: wrong.',
    );
  });
});
