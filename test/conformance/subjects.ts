import { nodePlugin } from '../transports/go-plugin/go-hosts.ts';
import { goProgram, hasGo } from '../transports/go-plugin/go-plugins.ts';
import { features, type Subject } from './scenario.ts';

const fixture = { cookie: ['BASIC_PLUGIN', 'hello'], lowest: 1, lacks: [], isHere: true } as const;

const ours: readonly Subject[] = [
  { ...fixture, name: 'serveGoPlugin', command: () => nodePlugin('go-kv.mjs') },
  {
    ...fixture,
    name: 'serveGoPlugin with a plugboard plugin',
    command: () => nodePlugin('go-all-round.mjs'),
  },
  { ...fixture, name: 'go-plugin 1.8.0', command: () => [goProgram('plugin', '1.8.0')], isHere: hasGo },
  {
    ...fixture,
    name: 'go-plugin 1.4.8',
    command: () => [goProgram('plugin', '1.4.8')],
    isHere: hasGo,
    lacks: ['multiplexing', 'socket folder'],
  },
];

/** Another's plugin, if the environment names one. */
function anothers(env: NodeJS.ProcessEnv): Subject | undefined {
  const {
    CONFORMANCE_PLUGIN: command,
    CONFORMANCE_COOKIE = '=',
    CONFORMANCE_VERSION = '1',
    CONFORMANCE_LACKS = '',
  } = env;
  if (command === undefined) return undefined;
  const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(CONFORMANCE_COOKIE) ?? [];
  return {
    ...fixture,
    name: command,
    command: () => command.split(' '),
    cookie: [key, value],
    lowest: Number(CONFORMANCE_VERSION),
    lacks: features.filter((feature) => CONFORMANCE_LACKS.split(',').includes(feature)),
  };
}

const given = anothers(process.env);

/** The plugins that are judged: the one that is named, or ours and those of go-plugin. */
export const subjects: readonly Subject[] = given === undefined ? ours : [given];
