import { checkObject } from '../../src/core/check-given.ts';
import { PluginError } from '../../src/core/errors.ts';
import type { Plugin } from '../../src/core/plugin.ts';
import { printable } from '../../src/core/printable.ts';
import { defaultMaxFrameBytes } from '../wire/messages.ts';
import type { GoHandshake } from './cookie.ts';
import { Descriptors } from './serve-descriptors.ts';
import type { GoServices } from './serve-types.ts';

/** What a program serves to the Go host that starts it. */
export interface ServeGoPluginOptions {
  readonly handshake: GoHandshake;
  /** The versions of the application's protocol that the plugin speaks: the highest that the host knows too is used. Default `[1]`. */
  readonly versions?: readonly number[] | undefined;
  /**
   * The application's services, or what makes those of the version that was chosen. Whatever prints while it is loaded
   * has to be imported there, because nothing may be on stdout before the plugin is:
   * `services: async () => (await import('./services.js')).services`.
   */
  readonly services?: GoServices | ((version: number) => GoServices | Promise<GoServices>) | undefined;
  /** A plugboard plugin, served as `plugboard.v1.Plugin`: what `goPlugin` of a plugboard host uses by itself. */
  readonly plugin?: Plugin | ((version: number) => Plugin | Promise<Plugin>) | undefined;
  /**
   * The application's `.proto` files in compiled form, a `FileDescriptorSet`, as `buf build -o` and
   * `protoc --include_imports --descriptor_set_out` write it: hosts without the files can call by reflection then.
   * Default: reflection only names the services.
   */
  readonly descriptorSet?: Uint8Array | undefined;
  /** Runs once, at the end; what takes longer than a second is cut off, because the host kills after two. */
  readonly close?: (() => void | Promise<void>) | undefined;
  /** Default `unix`, and `tcp` on Windows, as go-plugin; `tcp` listens on 127.0.0.1 only. */
  readonly network?: 'unix' | 'tcp' | undefined;
  /** The largest request in bytes. Default 16 MiB, as every transport. */
  readonly maxFrameBytes?: number | undefined;
}

/** Options with their defaults. */
export interface ResolvedServe {
  readonly handshake: GoHandshake;
  readonly versions: readonly number[];
  readonly services: (version: number) => GoServices | Promise<GoServices>;
  readonly plugin: (version: number) => Plugin | Promise<Plugin> | undefined;
  readonly descriptors: Descriptors | undefined;
  readonly close: () => void | Promise<void>;
  readonly network: 'unix' | 'tcp';
  readonly maxFrameBytes: number;
}

/** @throws {PluginError} `CONFIG_1703` for an option that makes no sense. */
export function resolveServe(options: ServeGoPluginOptions): ResolvedServe {
  checkObject(
    options,
    'the options of serveGoPlugin',
    'Say at least { handshake, services }. See docs/go-plugin.md.',
  );
  const { handshake, versions = [1], services, plugin, maxFrameBytes = defaultMaxFrameBytes } = options;
  const {
    descriptorSet,
    close = () => {},
    network = process.platform === 'win32' ? 'tcp' : 'unix',
  } = options;
  check(isText(handshake?.magicCookieKey), 'handshake.magicCookieKey is empty');
  check(isText(handshake?.magicCookieValue), 'handshake.magicCookieValue is empty');
  check(
    Array.isArray(versions) && versions.length > 0 && versions.every(isVersion),
    'versions are whole numbers, at least one',
  );
  check(services !== undefined || plugin !== undefined, 'neither services nor a plugin are given');
  check(isGiven(services), 'services are neither an object nor a function');
  check(isGiven(plugin), 'plugin is neither a plugin nor a function');
  for (const name of Object.keys(options)) check(names.has(name), `'${printable(name, 80)}' is none of them`);
  check(network === 'unix' || network === 'tcp', "network is 'unix' or 'tcp'");
  check(typeof maxFrameBytes === 'number' && maxFrameBytes >= 1024, 'maxFrameBytes is at least 1024');
  return {
    handshake,
    versions,
    services: typeof services === 'function' ? services : () => services ?? {},
    plugin: typeof plugin === 'function' ? plugin : () => plugin,
    descriptors: descriptorSet && readDescriptors(descriptorSet),
    close,
    network,
    maxFrameBytes,
  };
}

const names: ReadonlySet<string> = new Set<keyof ServeGoPluginOptions>([
  'handshake',
  'versions',
  'services',
  'plugin',
  'descriptorSet',
  'close',
  'network',
  'maxFrameBytes',
]);

function check(isRight: boolean, problem: string): void {
  if (!isRight) throw wrong(problem);
}

function wrong(problem: string): PluginError {
  const message = `the options of serveGoPlugin are wrong: ${problem}. See docs/go-plugin.md.`;
  return new PluginError('CONFIG_1703', { message });
}

function readDescriptors(set: Uint8Array): Descriptors {
  try {
    return new Descriptors(set);
  } catch {
    throw wrong('descriptorSet is no FileDescriptorSet');
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isGiven(value: unknown): boolean {
  return value === undefined || typeof value === 'function' || (typeof value === 'object' && value !== null);
}

function isVersion(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
