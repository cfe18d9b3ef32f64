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

interface FloodedAtStart {
  readonly flood: { readonly code?: string; readonly message: string };
  readonly grownMb: number;
  readonly beside: { readonly answer?: unknown };
}

describe(`${megabytes} MB without an end of line in place of the handshake's answer`, () => {
  async function atStart(channel: string, where: string): Promise<FloodedAtStart['flood']> {
    await using host = hostProgram('flooded-at-start.mjs', [channel, where, String(megabytes)]);
    const { flood, grownMb, beside } = await host.reported<FloodedAtStart>();
    expect(beside).toEqual({ answer: 'here' });
    expect(grownMb).toBeLessThan(mostGrowthMb);
    expect(await host.ended).toMatchObject({ exitCode: 0 });
    return flood;
  }

  it.each(['fd', 'stdio'])(
    'on the channel over %s are named as soon as they are over the limit',
    async (channel) => {
      const { code, message } = await atStart(channel, 'channel');
      expect(code).toBe('RPC_2006');
      const [, bytes] =
        /wrote (\d+) bytes without an end of line \('xxx.*limit is 16777216;.*maxFrameBytes/.exec(message) ??
        [];
      expect(Number(bytes)).toBeGreaterThan(16 * 1024 * 1024);
      expect(Number(bytes)).toBeLessThan(17 * 1024 * 1024); // the start has no time limit here: nothing waits for the rest
    },
  );

  it.each([
    ['fd', 'stdout'],
    ['fd', 'stderr'],
    ['stdio', 'stderr'],
  ])('over %s on %s are named when its time is over', async (channel, where) => {
    const { code, message } = await atStart(channel, where);
    expect(code).toBe('RPC_2002');
    expect(message).toMatch(
      new RegExp(`within 3000 ms. It wrote \\d+ bytes on ${where} without an end of line`),
    );
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
