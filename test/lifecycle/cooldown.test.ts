import { describe, expect, it } from 'vitest';
import { isPluginError } from 'plugboard';
import { hostOf, named } from './named-host.ts';

const reloadCooldownMs = 30_000;
const codeOf = (error: unknown): unknown => (isPluginError(error) ? error.code : error);

describe('reloadCooldownMs', () => {
  it('refuses to replace a plugin again too soon, says when, and lets the one that runs go on', async () => {
    const { clock, host, manager } = await hostOf(named('first'), { reloadCooldownMs });
    await using _ = host;
    await manager.replace('auth', named('second')); // a start is no replacement
    clock.advance(10_000);
    const third = named('third');
    await expect(manager.replace('auth', third)).rejects.toMatchObject({
      code: 'PLUGIN_1213',
      message:
        "[PLUGIN_1213] plugin 'auth': it was replaced only just now, and may be again in 20000 ms. Wait, or lower reloadCooldownMs.",
      plugin: 'auth',
      retryable: true,
      retryAfterMs: 20_000,
    });
    expect([third.starts, await manager.execute('auth', 'hello')]).toEqual([0, 'second']);
    clock.advance(19_999);
    await expect(manager.replace('auth', third)).rejects.toMatchObject({ retryAfterMs: 1 });
    clock.advance(1);
    await manager.replace('auth', third);
    expect(await manager.execute('auth', 'hello')).toBe('third');
  });

  it.each(['graceful', 'rolling', 'recreate'] as const)(
    'holds for %s, and for several at once',
    async (strategy) => {
      const { host, manager } = await hostOf(named('old'), { reloadCooldownMs, instances: 2 });
      await using _ = host;
      const fresh = ['a', 'b', 'c', 'd'].map(named);
      const ends = await Promise.allSettled(
        fresh.map((one) => manager.replace('auth', one, undefined, { strategy })),
      );
      expect(fresh.map(({ starts }) => starts)).toEqual([2, 0, 0, 0]);
      const refusals = ends.filter((end) => end.status === 'rejected').map(({ reason }) => codeOf(reason));
      expect(refusals).toEqual(['PLUGIN_1213', 'PLUGIN_1213', 'PLUGIN_1213']);
    },
  );

  it('counts a replacement that does not start, too', async () => {
    const { clock, host, manager } = await hostOf(named('old'), { reloadCooldownMs });
    await using _ = host;
    const broken = named('broken');
    broken.failToStart();
    await expect(manager.replace('auth', broken)).rejects.toMatchObject({ code: 'REGISTRY_1908' });
    await expect(manager.replace('auth', named('mended'))).rejects.toMatchObject({ code: 'PLUGIN_1213' });
    clock.advance(reloadCooldownMs);
    await manager.replace('auth', named('mended'));
    expect(await manager.execute('auth', 'hello')).toBe('mended');
  });

  it('keeps nobody from a change in place, nor from bringing back a plugin that does not run', async () => {
    const { host, manager } = await hostOf(named('old'), { reloadCooldownMs });
    await using _ = host;
    await manager.replace('auth', named('new'));
    await manager.reconfigure('auth', { reloadCooldownMs, timeoutMs: 5000 });
    await expect(manager.reconfigure('auth', { reloadCooldownMs, instances: 2 })).rejects.toThrow(
      'PLUGIN_1213',
    );
    await manager.drain('auth');
    await manager.replace('auth', named('back'));
    expect(await manager.execute('auth', 'hello')).toBe('back');
  });

  it('is none unless it is set, and may be lowered while it lasts', async () => {
    const { host, manager } = await hostOf(named('old'));
    await using _ = host;
    await manager.replace('auth', named('new'), { reloadCooldownMs });
    await expect(manager.replace('auth', named('newer'))).rejects.toThrow('PLUGIN_1213');
    await manager.reconfigure('auth', {});
    await manager.replace('auth', named('newer'));
    await manager.replace('auth', named('newest'));
    expect(await manager.execute('auth', 'hello')).toBe('newest');
  });
});
