import * as z from 'zod';

import type { Undeclared } from '../../src/core/contract.ts';
import { printable } from '../../src/core/printable.ts';
import { wrongOptions } from '../../src/core/wrong-options.ts';
import { defaultMaxFrameBytes } from '../wire/messages.ts';
import { authHeaders, type AuthHeaders, type GrpcAuth } from './auth.ts';
import { checkEndpoint } from './endpoint.ts';
import { checkServices } from './services/check.ts';
import type { AnyServices, GrpcServices } from './services/method.ts';
import type { GrpcTls } from './tls-options.ts';

/** How a gRPC server is connected to. */
export interface GrpcOptions<H = Undeclared> {
  /** TLS 1.2 or newer; `true` with the authorities that Node knows. Default false, and on with `auth` by `mtls`. */
  readonly tls?: boolean | GrpcTls | undefined;
  /** How the host says who it is. Default `{ method: 'none' }`. */
  readonly auth?: GrpcAuth | undefined;
  /**
   * Whether all calls share one stream where the server offers that: it is faster, and only there a plugin can log, tell
   * progress and ask the host. Default true. Without it every call is a method call of its own.
   */
  readonly session?: boolean | undefined;
  /**
   * For a server with a `.proto` of its own: which of its methods answers which hook. Default: the server has
   * plugboard's service.
   */
  readonly services?: GrpcServices<H> | undefined;
  /** The largest message in either direction, in bytes. Default 16 MiB, as every transport; gRPC's own is 4 MiB. */
  readonly maxFrameBytes?: number | undefined;
  /** For the connection to be there, in milliseconds. Default 10,000, as go-plugins. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How often a silent connection is asked whether it lives, in milliseconds; 0 for never. Default 300,000: servers in Go
   * hang up on who asks more often, unless they are told otherwise.
   */
  readonly keepAliveMs?: number | undefined;
  /**
   * How long a request may take whose caller has more time, in milliseconds: `PLUGIN_1204`, which may be repeated.
   * Default: as long as its caller has.
   */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * How many connections there may be at once. Another is made where each has 100 calls under way: RFC 9113 asks servers
   * to take as many streams on one, and many take no more. Each is a host of its own for its server. Default 1.
   */
  readonly maxConnections?: number | undefined;
  /** How many of them are kept without a call; the first always is. Default 5, as go-plugins. */
  readonly maxIdleConnections?: number | undefined;
  /** How long they are, in milliseconds; 0 for no end. Default 30,000, as go-plugins. */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * Whether messages to the server are compressed, by gzip. Default false: it takes both ends time for each message.
   * What the server compresses is read in any case.
   */
  readonly compression?: boolean | undefined;
}

/** Options with their defaults, checked. */
export interface ResolvedGrpc {
  readonly endpoints: readonly string[];
  readonly tls: GrpcTls | undefined;
  readonly headers: AuthHeaders;
  /** Whether something secret is sent. */
  readonly hasSecrets: boolean;
  readonly session: boolean;
  /** Undefined for a server with plugboard's service. */
  readonly services: AnyServices<undefined> | undefined;
  readonly maxFrameBytes: number;
  readonly connectTimeoutMs: number;
  readonly keepAliveMs: number;
  /** Infinity for the caller's own. */
  readonly requestTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxIdleConnections: number;
  readonly idleTimeoutMs: number;
  readonly compression: boolean;
}

const file = z.string().min(1).optional();

const tlsOptions: z.ZodType<GrpcTls> = z.strictObject({
  caFile: file,
  certFile: file,
  keyFile: file,
  serverName: z.string().min(1).optional(),
  certificateSha256: z.array(z.string().regex(/^([\da-f]{2}:?){32}$/i)).optional(),
});

const checkedOptions = z.strictObject({
  tls: z.union([z.boolean(), tlsOptions]).default(false),
  auth: z
    .custom<GrpcAuth>((value) => typeof value === 'object' && value !== null)
    .default({ method: 'none' }),
  session: z.boolean().default(true),
  services: z
    .custom<AnyServices<undefined>>((value) => typeof value === 'object' && value !== null)
    .optional(),
  maxFrameBytes: z.number().min(1024).default(defaultMaxFrameBytes),
  connectTimeoutMs: z.number().min(1).default(10_000),
  keepAliveMs: z.number().min(0).default(300_000),
  requestTimeoutMs: z.number().min(1).optional(),
  maxConnections: z.int().min(1).default(1),
  maxIdleConnections: z.int().min(0).default(5),
  idleTimeoutMs: z.number().min(0).default(30_000),
  compression: z.boolean().default(false),
});

/** @throws {PluginError} `PLUGIN_1003` to `PLUGIN_1005`, `AUTH_11xx`, `CONFIG_1703` for what makes no sense. */
export function resolveGrpc<H>(endpoint: string | readonly string[], options: GrpcOptions<H>): ResolvedGrpc {
  const endpoints = [endpoint].flat().map(checkEndpoint);
  if (endpoints.length === 0) checkEndpoint(undefined);
  const result = checkedOptions.safeParse(options);
  const source = `grpc('${printable(endpoints.join(', '), 80)}')`;
  if (!result.success) throw wrongOptions(source, result.error.issues, 'grpc.md');
  const { tls, auth, services: given, requestTimeoutMs = Infinity, ...plain } = result.data;
  const services = given && checkServices(source, given);
  const headers = authHeaders(auth);
  const hasSecrets = auth.method !== 'none' && auth.method !== 'mtls';
  return { endpoints, tls: tlsOf(tls, auth), headers, hasSecrets, services, requestTimeoutMs, ...plain };
}

function tlsOf(tls: boolean | GrpcTls, auth: GrpcAuth): GrpcTls | undefined {
  const given = typeof tls === 'object' ? tls : {};
  if (auth.method !== 'mtls') return tls === false ? undefined : given;
  const { certFile, keyFile, caFile = given.caFile } = auth;
  return { ...given, certFile, keyFile, caFile };
}
