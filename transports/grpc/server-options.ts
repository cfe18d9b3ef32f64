import type { ServerCredentials } from '@grpc/grpc-js';
import { createSecureContext } from 'node:tls';

import * as z from 'zod';

import { messageOf, PluginError } from '../../src/core/errors.ts';
import { wrongOptions } from '../../src/core/wrong-options.ts';
import { defaultMaxFrameBytes } from '../wire/messages.ts';
import type { GrpcLibrary } from './load.ts';
import { readPem } from './tls.ts';

/** TLS of a server; the files are PEM. */
export interface ServeGrpcTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Hosts must show a certificate that one of these signed. Default: they need none. */
  readonly caFile?: string | undefined;
}

/** Where and to whom a plugin is served. */
export interface ServeGrpcOptions {
  /** Default 0: a port that is free. */
  readonly port?: number | undefined;
  /** Default `127.0.0.1`: nobody else's computer reaches it unless you say so. */
  readonly host?: string | undefined;
  /** A socket of this path instead of a port. */
  readonly path?: string | undefined;
  readonly tls?: ServeGrpcTls | undefined;
  /**
   * Whether a host may use the plugin; it gets the headers of each session and of each call by itself, names in lower
   * case. Without it everybody who reaches the server may.
   */
  readonly authorize?:
    | ((headers: Readonly<Record<string, string>>) => boolean | Promise<boolean>)
    | undefined;
  /** Whether hosts may use one stream for all calls. Default true. */
  readonly session?: boolean | undefined;
  /** The largest message in either direction, in bytes. Default 16 MiB, as every transport. */
  readonly maxFrameBytes?: number | undefined;
}

/** Options with their defaults. */
export type ResolvedServer = ServeGrpcOptions & {
  readonly address: string;
  readonly session: boolean;
  readonly maxFrameBytes: number;
};

const checkedOptions = z.strictObject({
  port: z.int().min(0).max(65_535).default(0),
  host: z.string().min(1).default('127.0.0.1'),
  path: z.string().min(1).optional(),
  tls: z
    .strictObject({
      certFile: z.string().min(1),
      keyFile: z.string().min(1),
      caFile: z.string().min(1).optional(),
    })
    .optional(),
  authorize: z
    .custom<NonNullable<ServeGrpcOptions['authorize']>>((value) => typeof value === 'function')
    .optional(),
  session: z.boolean().default(true),
  maxFrameBytes: z.number().min(1024).default(defaultMaxFrameBytes),
});

/** @throws {PluginError} `CONFIG_1703` for an option that makes no sense. */
export function resolveServer(options: ServeGrpcOptions): ResolvedServer {
  const result = checkedOptions.safeParse(options);
  if (!result.success) throw wrongOptions('serveGrpc', result.error.issues, 'grpc.md');
  const { port, host, path } = result.data;
  const name = host.includes(':') ? `[${host}]` : host;
  return { ...result.data, address: path === undefined ? `${name}:${port}` : `unix:${path}` };
}

/** @throws {PluginError} `AUTH_1104` for files that cannot be used. */
export async function serverCredentials(
  { ServerCredentials: make }: GrpcLibrary,
  tls: ServeGrpcTls | undefined,
): Promise<ServerCredentials> {
  if (tls === undefined) return make.createInsecure();
  const [cert, key, ca] = await Promise.all([tls.certFile, tls.keyFile, tls.caFile].map(readPem));
  try {
    createSecureContext({ cert, key, ca });
    const pair = { cert_chain: cert ?? Buffer.alloc(0), private_key: key ?? Buffer.alloc(0) };
    return make.createSsl(ca ?? null, [pair], ca !== undefined);
  } catch (cause) {
    const message = `the server cannot use its certificate and key: ${messageOf(cause)}. Give PEM files that belong together.`;
    throw new PluginError('AUTH_1104', { message, cause });
  }
}
