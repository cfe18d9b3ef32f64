import { fileURLToPath } from 'node:url';
import type { Plugin, PluginSource, Undeclared } from 'plugboard';
import { goPlugin } from 'plugboard/go-plugin';
import { serveGrpc } from 'plugboard/grpc';
import { grpc, inProcess, subprocess, worker, type SubprocessOptions } from 'plugboard/transports';

/** What a case may ask of the source. */
export type SourceOptions = Pick<SubprocessOptions, 'maxFrameBytes'>;

/** A transport under test. */
export interface Subject {
  readonly name: string;
  /** The all-round plugin over this transport. */
  source(options?: SourceOptions): PluginSource;
  /** Cases this transport cannot do, each with the reason. */
  readonly cannot: Readonly<Record<string, string>>;
}

/** The path of a program under test/fixtures/plugins. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/plugins/${name}`, import.meta.url));
}

const { allRound } = (await import(fixture('all-round.mjs'))) as { allRound: () => Plugin<Undeclared> };

const shared = 'it shares the memory of the host';
const lines = 'the lines of go-plugins do not know it';

/** The cases of things that cannot be written down. */
function refusals(parts: readonly string[], kinds: readonly string[], why: string): Record<string, string> {
  const names = parts.flatMap((part) =>
    kinds.map((kind) => `${part} that holds a ${kind} is refused with RPC_2005`),
  );
  return Object.fromEntries(names.map((name) => [name, why]));
}

const bothWays = ['a request', 'an answer'];

/** The all-round plugin behind a server of its own, which lasts as long as the connection. */
function served(session: boolean, options: SourceOptions = {}): PluginSource {
  return {
    kind: 'grpc',
    target: 'a server of its own',
    async open(setup) {
      const server = await serveGrpc(allRound(), { session, ...options });
      try {
        const channel = await grpc(server.endpoint, options).open(setup);
        void channel.ended.then(() => server.close(0));
        return channel;
      } catch (error) {
        await server.close(0);
        throw error;
      }
    },
  };
}

const elsewhere = 'its server runs elsewhere, and its output with it';
const outlives = 'its server outlives the host, and closes for itself';
const oneWay = 'calls by themselves have no way back to the host';

/** Every transport with what it cannot do. */
export const subjects: readonly Subject[] = [
  {
    name: 'inProcess',
    source: () => inProcess(allRound()),
    cannot: {
      ...refusals(bothWays, ['cycle', 'bigint', 'function'], `${shared}: nothing is written down`),
      'a request over the frame limit fails with RPC_2006, and the next call works': `${shared}: there are no frames`,
      'an answer over the frame limit fails with RPC_2006, and the next call works': `${shared}: there are no frames`,
      'what it prints on stdout arrives as a record': `${shared}, and its stdout`,
      'what it prints on stderr arrives as a record': `${shared}, and its stderr`,
      'what it prints at its end arrives, more than a pipe holds': `${shared}, and its stderr`,
      'an answer of undefined arrives as null': `${shared}: undefined stays undefined`,
    },
  },
  {
    name: 'worker',
    source: () => worker(fixture('serve-all-round.mjs')),
    cannot: {
      ...refusals(bothWays, ['cycle', 'bigint'], 'structured clone copies it'),
      'a request over the frame limit fails with RPC_2006, and the next call works':
        'threads exchange objects, not frames',
      'an answer over the frame limit fails with RPC_2006, and the next call works':
        'threads exchange objects, not frames',
    },
  },
  {
    name: 'subprocess, channel fd',
    source: (options) => subprocess(process.execPath, { args: [fixture('serve-all-round.mjs')], ...options }),
    cannot: {},
  },
  {
    name: 'subprocess, channel stdio',
    source: (options) =>
      subprocess(process.execPath, { args: [fixture('serve-all-round.mjs')], channel: 'stdio', ...options }),
    cannot: {},
  },
  {
    name: 'grpc, session',
    source: (options) => served(true, options),
    cannot: {
      'a shutdown waits until the plugin has closed': outlives,
      'what it prints on stdout arrives as a record': elsewhere,
      'what it prints on stderr arrives as a record': elsewhere,
      'what it prints at its end arrives, more than a pipe holds': elsewhere,
    },
  },
  {
    name: 'grpc, calls by themselves',
    source: (options) => served(false, options),
    cannot: {
      'a shutdown waits until the plugin has closed': outlives,
      'what it prints on stdout arrives as a record': elsewhere,
      'what it prints on stderr arrives as a record': elsewhere,
      'what it prints at its end arrives, more than a pipe holds': elsewhere,
      'its log records arrive with its name and their level': oneWay,
      'progress arrives at the caller in its order': oneWay,
      'a caller who gives up aborts the signal of the plugin': `${oneWay}, and this case waits for progress`,
      'the services of the host answer': oneWay,
      'says that it is degraded, and why': 'grpc.health.v1 has no word for it',
    },
  },
  {
    name: 'goPlugin, a plugin in Node',
    source: (options) => {
      const handshake = { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' };
      return goPlugin(process.execPath, { args: [fixture('go-all-round.mjs')], handshake, ...options });
    },
    cannot: {
      'what it prints at its end arrives, more than a pipe holds':
        'the connection that carries it is over before',
    },
  },
  {
    name: 'subprocess, lines of go-plugins',
    source: (options) =>
      subprocess(process.execPath, {
        args: [fixture('lines-all-round.mjs')],
        protocol: 'go-plugins',
        ...options,
      }),
    cannot: {
      'sends and receives bytes inside objects': lines,
      'keeps empty bytes and several of them': lines,
      'keeps bytes beside keys that look like marks for bytes': lines,
      ...refusals(
        ['an answer'],
        ['cycle', 'bigint', 'function'],
        'what cannot be written is found by the plugin',
      ),
      'a caller who gives up aborts the signal of the plugin': lines,
      'a deadline that passes aborts the signal of the plugin': lines,
      'a late answer is dropped without a word': lines,
      'a coded error keeps code, message, retryable and retryAfterMs': `${lines}: an error is text`,
      'a code put on any error is kept': `${lines}: an error is text`,
      'progress arrives at the caller in its order': lines,
      'the context has everything the caller said': `${lines}: it has no attempt and no trace`,
      'the services of the host answer': lines,
      'a service the plugin may not use is RPC_2007': lines,
      'a service that does not exist is RPC_2007': lines,
      'its log records arrive with its name and their level': lines,
      'what logs without end in one turn answers, that call and the next': lines,
      'what it prints on stdout arrives as a record': 'its stdout is the channel',
      'says that it is degraded, and why': lines,
      'says that it is unhealthy': lines,
      'gets its config when it starts': lines,
      'an initialize that throws fails the build with its reason': lines,
      'says who it is': lines,
    },
  },
];
