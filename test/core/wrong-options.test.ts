import { goPlugin } from 'plugboard/go-plugin';
import { serveGrpc } from 'plugboard/grpc';
import { whitelistGate } from 'plugboard/security';
import { grpc, subprocess } from 'plugboard/transports';
import { describe, expect, it } from 'vitest';
import { echo } from '../transports/grpc/servers.ts';

const list: object = [];
const isNone = 'options: Invalid input: expected object, received array';

describe('wrong options', () => {
  it.each([
    ["subprocess('./x')", () => subprocess('./x', list), 'transports.md'],
    ["grpc('localhost:1')", () => grpc('localhost:1', list), 'grpc.md'],
  ])('of %s are refused with the page that lists them', (source, make, page) => {
    expect(make).toThrow(`[CONFIG_1703] the options of ${source} are wrong: ${isNone}. See docs/${page}.`);
  });

  it('of serveGrpc are refused so too', async () => {
    await expect(serveGrpc(echo, list)).rejects.toThrow(`the options of serveGrpc are wrong: ${isNone}.`);
  });

  it('are named one by one, each at its place', () => {
    const handshake = { magicCookieKey: 'KEY', magicCookieValue: 'value' };
    expect(() => goPlugin('./x', { handshake, minPort: 2, maxPort: 1 })).toThrow(
      "the options of goPlugin('./x') are wrong: minPort: is above maxPort. See docs/go-plugin.md.",
    );
    expect(() => whitelistGate({ whitelist: '', reloadDelayMs: -1 })).toThrow(
      /the options of the whitelist are wrong: whitelist: .+; reloadDelayMs: .+\. See docs\/security\.md\./,
    );
  });
});
