import { goPlugin } from 'plugboard/go-plugin';
import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { startError } from '../../support/start-error.ts';
import { fixture as program } from '../subjects.ts';
import { buildGo, fixture, goProgram, handshake, hasGo, keep, services } from './go-plugins.ts';

beforeAll(() => buildGo('1.8.0', '1.4.8'), goBuildTimeoutMs);

const described = {
  get: { method: '/proto.KV/Get' },
  put: { method: '/proto.KV/Put' },
  count: { method: '/fixture.More/Count' },
  sum: { method: '/fixture.More/Sum' },
  upper: { method: '/fixture.More/Upper' },
};

describe.each(['1.8.0', '1.4.8'] as const)('a plugin with go-plugin %s that describes itself', (version) => {
  needsTool('go', hasGo);

  it('is called without a .proto on this side', async () => {
    await using host = await keep(goPlugin(goProgram('plugin', version), { handshake, services: described }));
    await host.ask('put', { key: 'a', value: Buffer.from('b') });
    expect(await host.ask('get', { key: 'a' })).toEqual({ value: Buffer.from('b') });
    expect(await host.ask('count', { value: 3 })).toEqual([{ value: 1 }, { value: 2 }, { value: 3 }]);
    expect(await host.ask('sum', [{ value: 1 }, { value: 2 }])).toEqual({ value: 3 });
    expect(await host.ask('upper', [{ value: 'a' }])).toEqual([{ value: 'A' }]);
  });
});

describe('a method that a plugin does not describe', () => {
  needsTool('go', hasGo);

  it.each([
    ['/proto.Store/Get', "describes no 'proto.Store'"],
    ['/proto.KV/Delete', "no method '/proto.KV/Delete'"],
  ])('is refused: %s', async (method, words) => {
    const error = await startError(fixture({}, { services: { ...services, missing: { method } } }));
    expect(error).toMatchObject({ code: 'RPC_2002', plugin: 'subject' });
    expect(error.message).toContain(words);
  });
});

it('a plugin without reflection is refused', async () => {
  const env = { STRANGE: JSON.stringify({ shown: '' }) };
  const options = {
    args: [program('go-strange.mjs')],
    env,
    handshake,
    services: described,
    autoMtls: false,
  } as const;
  const error = await startError(goPlugin(process.execPath, options));
  expect(error).toMatchObject({ code: 'RPC_2002' });
  expect(error.message).toContain('has no server reflection');
});
