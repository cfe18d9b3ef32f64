import { Simple, type Hook, type PluginSettings, type PluginSource } from 'plugboard';
import { goPlugin, type GoPluginMethod, type GoPluginOptions } from 'plugboard/go-plugin';
import { bytesOf, numberOf, readFields, textOf, writeFields } from '../../../transports/grpc/proto-fields.ts';
import { goPrograms, type GoPluginVersion, type GoPrograms } from '../../support/go-fixtures.ts';
import { managed, type Managed } from '../../support/managed.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { hasTool } from '../../languages/tool.ts';

/** Whether the Go programs of the fixtures can be built here. */
export const hasGo = hasTool('go', 'version');

export const handshake = { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' };

let programs: Partial<Record<GoPluginVersion, GoPrograms>> = {};

/** Builds the programs, where that was not done; without Go nothing. */
export async function buildGo(...versions: GoPluginVersion[]): Promise<void> {
  if (!hasGo) return;
  const built = versions.map(async (version) => [version, await goPrograms(version)] as const);
  programs = { ...programs, ...Object.fromEntries(await Promise.all(built)) };
}

/** A program that was built. */
export function goProgram(name: keyof GoPrograms, version: GoPluginVersion = '1.8.0'): string {
  const built = programs[version];
  if (built === undefined) throw new Error(`the Go programs of ${version} were not built`);
  return built[name];
}

const none = (): Uint8Array => new Uint8Array();
const text = (value: string): Uint8Array => writeFields([[1, value]]);
const bytes = (value: Uint8Array): Uint8Array => writeFields([[1, value]]);
const number = (value: number): Uint8Array => writeFields([[1, value]]);
const numberIn = (message: Uint8Array): number => numberOf(readFields(Buffer.from(message)), 1);
const textIn = (message: Uint8Array): string => textOf(readFields(Buffer.from(message)), 1);
const bytesIn = (message: Uint8Array): Buffer =>
  bytesOf(readFields(Buffer.from(message)), 1) ?? Buffer.alloc(0);

/** Writers and readers of the fixtures' messages. */
export const codecs = { none, text, bytes, number, numberIn, textIn, bytesIn };

function more<Req>(name: string, encode: (request: Req) => Uint8Array): GoPluginMethod<Req, undefined>;
function more<Req, Resp>(
  name: string,
  encode: (request: Req) => Uint8Array,
  decode: (message: Uint8Array) => Resp,
): GoPluginMethod<Req, Resp>;
function more(
  name: string,
  encode: (request: never) => Uint8Array,
  decode: (message: Uint8Array) => unknown = () => undefined,
): GoPluginMethod {
  return { method: `/fixture.More/${name}`, encode, decode };
}

async function* mapped<From, To>(items: AsyncIterable<From>, change: (item: From) => To): AsyncIterable<To> {
  for await (const item of items) yield change(item);
}

/** Every method of the fixtures, and one that they do not have. */
export const services = {
  get: {
    method: '/proto.KV/Get',
    encode: text,
    decode: (message: Uint8Array) => bytesIn(message).toString(),
  },
  put: {
    method: '/proto.KV/Put',
    encode: ({ key, value }: { key: string; value: string }) =>
      writeFields([
        [1, key],
        [2, value],
      ]),
    decode: () => undefined,
  },
  print: more('Print', text),
  complain: more('Complain', text),
  log: more('Log', text),
  echo: more(
    'Echo',
    (value: Uint8Array) => writeFields([[1, value]]),
    (message) => bytesIn(message),
  ),
  fail: more('Fail', text),
  panic: more('Panic', text),
  exit: more('Exit', number),
  sleep: more('Sleep', number),
  cancelled: more('Cancelled', none, numberIn),
  remaining: more('Remaining', none, numberIn),
  header: more('Header', text, textIn),
  missing: more('Missing', none),
  count: { method: '/fixture.More/Count', stream: 'server', encode: number, decode: numberIn },
  sum: {
    method: '/fixture.More/Sum',
    stream: 'client',
    encode: (numbers: readonly number[]) => numbers.map(number),
    decode: numberIn,
  },
  upper: {
    method: '/fixture.More/Upper',
    stream: 'both',
    encode: (words: AsyncIterable<string>) => mapped(words, text),
    decode: textIn,
  },
} satisfies Record<string, GoPluginMethod>;

type Options = Partial<GoPluginOptions>;

/** The fixture's plugin with a variable or two that say how it behaves. */
export function fixture(env: Record<string, string> = {}, options: Options = {}): PluginSource {
  return goPlugin(goProgram('plugin'), { handshake, services, env, ...options });
}

/** A host of one plugin, and its log. */
export interface Kept extends Managed<Awaited<ReturnType<typeof build>>> {
  readonly logger: MemoryLogger;
  ask(hook: keyof typeof services | (string & {}), request?: unknown, options?: object): Promise<unknown>;
}

function build(source: PluginSource, settings: PluginSettings<never>, logger: MemoryLogger) {
  const hooks: Record<string, Hook<unknown, unknown>> = Object.fromEntries(
    [...Object.keys(services), ...extraHooks].map((name) => [name, {}]),
  );
  return Simple(hooks).withLogger(logger).withPlugin('kv', source, settings).build();
}

/** Hooks of tests of their own. */
const extraHooks = ['callHost', 'double'];

/** Starts a plugin under a manager of its own. */
export async function keep(source: PluginSource, settings: PluginSettings<never> = {}): Promise<Kept> {
  const logger = new MemoryLogger();
  const host = await managed(build(source, settings, logger));
  const ask: Kept['ask'] = (hook, request = null, options = {}) =>
    host.manager.call('kv', hook, request, options);
  return { ...host, logger, ask };
}
