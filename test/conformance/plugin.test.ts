import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../languages/tool.ts';
import { goBuildTimeoutMs } from '../support/go-fixtures.ts';
import { nodePlugin } from '../transports/go-plugin/go-hosts.ts';
import { buildGo, goProgram, hasGo } from '../transports/go-plugin/go-plugins.ts';
import { play } from './play.ts';
import { scenarios, type Subject } from './scenario.ts';

const fixture = { cookie: ['BASIC_PLUGIN', 'hello'], lowest: 1, lacks: [] } as const;

/** Another's plugin: its command, its cookie and its lowest version are in the environment. */
const { CONFORMANCE_PLUGIN, CONFORMANCE_COOKIE = '=', CONFORMANCE_VERSION = '1' } = process.env;
const [key = '', value = ''] = CONFORMANCE_COOKIE.split(/=(.*)/s);

const own: readonly Subject[] = [
  { ...fixture, name: 'serveGoPlugin', command: () => nodePlugin('go-kv.mjs') },
  {
    ...fixture,
    name: 'serveGoPlugin with a plugboard plugin',
    command: () => nodePlugin('go-all-round.mjs'),
  },
];

const inGo: readonly Subject[] = [
  { ...fixture, name: 'go-plugin 1.8.0', command: () => [goProgram('plugin', '1.8.0')] },
  {
    ...fixture,
    name: 'go-plugin 1.4.8',
    command: () => [goProgram('plugin', '1.4.8')],
    lacks: ['multiplexing', 'socket folder'],
  },
];

function behaves(subject: Subject): void {
  const expected = scenarios.filter(({ needs }) => needs === undefined || !subject.lacks.includes(needs));
  it.each(expected)('$name', async (scenario) => {
    await expect(play(scenario, subject)).resolves.toBeUndefined();
  });
}

if (CONFORMANCE_PLUGIN !== undefined) {
  const command = CONFORMANCE_PLUGIN.split(' ');
  describe(CONFORMANCE_PLUGIN, () =>
    behaves({
      ...fixture,
      name: '',
      command: () => command,
      cookie: [key, value],
      lowest: Number(CONFORMANCE_VERSION),
    }),
  );
} else {
  beforeAll(() => buildGo('1.8.0', '1.4.8'), goBuildTimeoutMs);
  describe.each(own)('$name', behaves);
  describe.each(inGo)('$name', (subject) => {
    needsTool('go', hasGo);
    behaves(subject);
  });
}
