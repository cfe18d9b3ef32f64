import * as z from 'zod';

import type { Undeclared } from '../../src/core/contract.ts';
import { loadsCode } from '../../src/core/loader-variables.ts';
import { printable } from '../../src/core/printable.ts';
import { wrongOptions } from '../../src/core/wrong-options.ts';
import { checkServices } from '../grpc/services/check.ts';
import { resolveSubprocess, type ResolvedSubprocess, type SubprocessOptions } from '../subprocess/options.ts';
import { defaultMaxFrameBytes } from '../wire/messages.ts';
import type { Curve } from './certificate.ts';
import type { GoHandshake } from './cookie.ts';
import type { AnyGoServices, GoPluginServices } from './host-method.ts';

/** How a program made for HashiCorp's go-plugin is started and spoken to. */
export interface GoPluginOptions<H = Undeclared> extends Pick<
  SubprocessOptions,
  'args' | 'env' | 'inheritEnv' | 'cwd' | 'maxFrameBytes'
> {
  /** What its author calls `HandshakeConfig`. */
  readonly handshake: GoHandshake;
  /** The versions of the application's protocol that this host speaks. Default `[1]`. */
  readonly protocolVersions?: readonly number[] | undefined;
  /**
   * Which method of its `.proto` answers which hook; a function is given the version that the plugin chose. Default:
   * the plugin serves plugboard's own `.proto`, as `serveGoPlugin` does.
   */
  readonly services?: GoPluginServices<H> | ((protocolVersion: number) => GoPluginServices<H>) | undefined;
  /**
   * TLS with a certificate of either end's own, made for each start: nobody else on this computer can call the plugin or
   * answer in its place. Default `P-256`, which every TLS library knows; `P-521` is what hosts in Go use. `false` for
   * plugins that cannot.
   */
  readonly autoMtls?: false | Curve | undefined;
  /** The ports that a plugin may listen on where it has no unix sockets. Default 10,000 to 25,000, as go-plugin. */
  readonly minPort?: number | undefined;
  readonly maxPort?: number | undefined;
  /** How long the plugin may take to end after it was told to, in milliseconds. Default 2000, as go-plugin. */
  readonly killTimeoutMs?: number | undefined;
}

/** Options with their defaults, checked. */
export interface ResolvedGoPlugin {
  readonly program: ResolvedSubprocess;
  readonly handshake: GoHandshake;
  readonly protocolVersions: readonly number[];
  /** Undefined for a plugin that serves plugboard's own `.proto`. */
  readonly services: ((protocolVersion: number) => AnyGoServices) | undefined;
  readonly curve: Curve | undefined;
  readonly minPort: number;
  readonly maxPort: number;
  readonly killTimeoutMs: number;
}

const port = z.int().min(0).max(65_535);

const checkedOptions = z
  .strictObject({
    args: z.array(z.string()).optional(),
    env: z.record(z.string(), z.string()).optional(),
    inheritEnv: z.boolean().optional(),
    cwd: z.string().optional(),
    maxFrameBytes: z.number().min(1024).default(defaultMaxFrameBytes),
    handshake: z.strictObject({
      magicCookieKey: z
        .string()
        .regex(/^[A-Za-z_]\w*$/, 'is no name of an environment variable')
        .refine((key) => !loadsCode(key), 'loads code into programs'),
      magicCookieValue: z.string().min(1),
    }),
    protocolVersions: z.array(z.int().min(0)).min(1).default([1]),
    services: z.custom<AnyGoServices | ((protocolVersion: number) => AnyGoServices)>(isServices).optional(),
    autoMtls: z.union([z.literal(false), z.enum(['P-256', 'P-521'])]).default('P-256'),
    minPort: port.default(10_000),
    maxPort: port.default(25_000),
    killTimeoutMs: z.number().min(0).default(2000),
  })
  .refine(({ minPort, maxPort }) => minPort <= maxPort, { path: ['minPort'], error: 'is above maxPort' });

function isServices(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

/** @throws {PluginError} `PLUGIN_1007` without a command, `CONFIG_1703` for an option that makes no sense. */
export function resolveGoPlugin<H>(command: string, options: GoPluginOptions<H>): ResolvedGoPlugin {
  const result = checkedOptions.safeParse(options);
  if (!result.success) throw wrongOptions(sourceOf(command), result.error.issues, 'go-plugin.md');
  const { args, env, inheritEnv, cwd, maxFrameBytes, services, autoMtls, ...plain } = result.data;
  const given = Object.entries({ args, env, inheritEnv, cwd, maxFrameBytes });
  const program = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return {
    ...plain,
    program: resolveSubprocess(command, { ...program, channel: 'stdio' }),
    services: servicesOf(command, services),
    curve: autoMtls === false ? undefined : autoMtls,
  };
}

function sourceOf(command: unknown): string {
  return `goPlugin('${printable(String(command), 80)}')`;
}

/**
 * The services of a version.
 * @throws {PluginError} `CONFIG_1703` for what is no method.
 */
export function servicesOf(
  command: string,
  services: AnyGoServices | ((protocolVersion: number) => AnyGoServices) | undefined,
): ResolvedGoPlugin['services'] {
  if (services === undefined) return undefined;
  const source = sourceOf(command);
  if (typeof services === 'function') return (version) => checkServices(source, services(version));
  checkServices(source, services);
  return () => services;
}
