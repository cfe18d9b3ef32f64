import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { buildGo, fixture, hasGo, keep } from './go-plugins.ts';

beforeAll(() => buildGo('1.8.0'), goBuildTimeoutMs);

async function* words(...list: readonly string[]): AsyncIterable<string> {
  yield* list;
}

describe('a method that streams', () => {
  needsTool('go', hasGo);

  it('its answers, tells each as progress and gives them all', async () => {
    await using host = await keep(fixture());
    const seen: unknown[] = [];
    const onProgress = (value: unknown): void => void seen.push(value);
    expect(await host.ask('count', 1000, { onProgress })).toHaveLength(1000);
    expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
    expect(seen).toHaveLength(1000);
    expect(await host.ask('count', 0)).toEqual([]);
  });

  it('its requests, or both', async () => {
    await using host = await keep(fixture());
    const numbers = Array.from({ length: 5000 }, (_, index) => index);
    expect(await host.ask('sum', numbers)).toBe((4999 * 5000) / 2);
    expect(await host.ask('upper', words('a', 'b'))).toEqual(['A', 'B']);
  });

  it('fails where its requests or its end do', async () => {
    await using host = await keep(fixture({}, { maxFrameBytes: 2000 }));
    async function* broken(): AsyncIterable<string> {
      yield 'a';
      throw new Error('no more words');
    }
    await expect(host.ask('upper', broken())).rejects.toMatchObject({
      code: 'RPC_2005',
      message: expect.stringContaining('no more words') as string,
    });
    await expect(host.ask('count', 1000)).rejects.toMatchObject({ code: 'RPC_2006' });
    expect(await host.ask('sum', [1, 2])).toBe(3);
  });

  it('is cancelled when the caller gives up', async () => {
    await using host = await keep(fixture());
    const stop = new AbortController();
    const onProgress = (value: unknown): void => void (value === 3 && stop.abort());
    const counting = host.ask('count', 4_000_000_000, { onProgress, signal: stop.signal });
    await expect(counting).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    expect(await host.ask('sum', [1, 2])).toBe(3);
  });
});
