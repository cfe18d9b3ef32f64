import { describe, expect, it } from 'vitest';
import { hostProgram } from '../support/host-program.ts';

/** So much is written in these tests: more than the host may hold by far. */
const megabytes = Number(process.env['PLUGBOARD_FLOOD_MB'] ?? 1024);

/** The most by which the memory of a host may grow under attack. */
const mostGrowthMb = 200;

interface Flooded {
  readonly flood: { readonly answer?: unknown; readonly code?: string };
  readonly next: { readonly answer?: unknown };
  readonly grownMb: number;
  readonly cut: number;
  readonly restarts: number;
}

interface Unheard {
  readonly codes: Readonly<Record<string, number>>;
  readonly grownMb: number;
}

describe(`${megabytes} MB without an end of line`, () => {
  it.each([
    ['fd', 'channel'],
    ['stdio', 'channel'],
    ['lines', 'channel'],
  ])('over %s in the %s are RPC_2006 of that call, and the host stays small', async (transport, where) => {
    await using host = hostProgram('flooded.mjs', [transport, where, String(megabytes)]);
    const { flood, next, grownMb, restarts } = await host.reported<Flooded>();
    expect(flood).toMatchObject({ code: 'RPC_2006' });
    expect(next).toMatchObject({ answer: transport === 'lines' ? '' : 'dry' });
    expect(grownMb).toBeLessThan(mostGrowthMb);
    expect(restarts).toBe(0);
    expect(await host.ended).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['fd', 'stdout'],
    ['fd', 'stderr'],
    ['stdio', 'stderr'],
  ])('over %s on %s are one record that was cut, and the host stays small', async (transport, where) => {
    await using host = hostProgram('flooded.mjs', [transport, where, String(megabytes)]);
    const { flood, next, grownMb, cut, restarts } = await host.reported<Flooded>();
    expect([flood, next]).toEqual([{ answer: 'wet' }, { answer: 'dry' }]);
    expect(grownMb).toBeLessThan(mostGrowthMb);
    expect([cut, restarts]).toEqual([1, 0]);
    expect(await host.ended).toMatchObject({ exitCode: 0 });
  });
});

describe('a plugin that does not read', () => {
  it.each([
    ['fd', 'in one turn', 320, 1],
    ['fd', 'in many turns', 10, 32],
    ['stdio', 'in one turn', 320, 1],
    ['stdio', 'in many turns', 10, 32],
    ['lines', 'in one turn', 320, 1],
    ['lines', 'in many turns', 10, 32],
  ])(
    'over %s, asked 320 MB %s, is overloaded or late, and the host stays small',
    async (transport, _, together, turns) => {
      await using host = hostProgram('unheard.mjs', [transport, String(together), String(turns)]);
      const { codes, grownMb } = await host.reported<Unheard>();
      expect(Object.keys(codes).toSorted()).toEqual(['PLUGIN_1204', 'PLUGIN_1212']);
      expect(codes['PLUGIN_1212']).toBeGreaterThan(200);
      expect(grownMb).toBeLessThan(mostGrowthMb);
      expect(await host.ended).toMatchObject({ exitCode: 0 });
    },
  );
});
