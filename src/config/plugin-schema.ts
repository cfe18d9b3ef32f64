import semver from 'semver';
import * as z from 'zod';

import type { AuthConfig } from './auth.ts';
import type { ConnectionConfig, DependencyConfig } from './host-config.ts';
import { maybe } from './maybe.ts';
import { settingsShape } from './resolve.ts';

/** What `transport` may say; `exec` is go-plugins' word for `subprocess`. */
export type Transport = 'exec' | 'subprocess' | 'worker' | 'grpc' | 'grpc-tls' | 'go-plugin';

/** One entry of a file's plugins, with the defaults of what are no settings. */
export interface PluginEntry {
  readonly name: string;
  readonly type: string | undefined;
  readonly enabled: boolean;
  readonly version: string | undefined;
  /** How it is reached. Without it: by `type`, else by which of `command`, `file`, `endpoint` is there. */
  readonly transport: Transport | undefined;
  readonly command: string | undefined;
  readonly file: string | undefined;
  readonly endpoint: string | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly inheritEnv: boolean;
  readonly cwd: string | undefined;
  readonly protocol: 'plugboard' | 'go-plugins';
  readonly channel: 'fd' | 'stdio';
  readonly maxFrameBytes: number | undefined;
  readonly killTimeoutMs: number | undefined;
  readonly auth: AuthConfig;
  readonly connection: ConnectionConfig | undefined;
  readonly dependencies: readonly DependencyConfig[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const range = z
  .string()
  .max(200)
  .refine((text) => semver.validRange(text) !== null, 'must be a range of semantic versions such as ^1.2.0');

/** YAML reads an unquoted 8080 as a number, and an environment holds text alone. */
const text = z.preprocess(
  (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
  z.string(),
);
const texts = z.record(z.string(), text);

const auth: z.ZodType<AuthConfig> = z.strictObject({
  method: z.enum(['none', 'api-key', 'bearer', 'basic', 'mtls', 'custom']).default('none'),
  apiKey: maybe(z.string()),
  token: maybe(z.string()),
  username: maybe(z.string()),
  password: maybe(z.string()),
  certFile: maybe(z.string()),
  keyFile: maybe(z.string()),
  caFile: maybe(z.string()),
  headers: texts.default({}),
});

/** The schema of `ConnectionConfig`. */
export const connection: z.ZodType<ConnectionConfig> = z.strictObject({
  maxConnections: z.int().min(0).default(10),
  maxIdleConnections: z.int().min(0).default(5),
  idleTimeoutMs: z.number().min(0).default(30_000),
  connectionTimeoutMs: z.number().min(0).default(10_000),
  requestTimeoutMs: z.number().min(0).default(0),
  keepAlive: z.boolean().default(true),
  disableCompression: z.boolean().default(true),
});

const dependency = z.strictObject({
  name: z.string(),
  version: range.default('*'),
  optional: z.boolean().default(false),
});

/** The schema of one entry of `plugins`: what it is and how it is reached, and beside that every setting. */
export const plugin: z.ZodType<PluginEntry> = z.strictObject({
  name: z.string(),
  type: maybe(z.string()),
  enabled: z.boolean().default(true),
  version: maybe(range),
  transport: maybe(z.enum(['exec', 'subprocess', 'worker', 'grpc', 'grpc-tls', 'go-plugin'])),
  command: maybe(z.string()),
  file: maybe(z.string()),
  endpoint: maybe(z.string()),
  args: z.array(text).default([]),
  env: texts.default({}),
  inheritEnv: z.boolean().default(false),
  cwd: maybe(z.string().min(1)),
  protocol: z.enum(['plugboard', 'go-plugins']).default('plugboard'),
  channel: z.enum(['fd', 'stdio']).default('fd'),
  maxFrameBytes: maybe(z.number().min(1024)),
  killTimeoutMs: maybe(z.number().min(0)),
  auth: auth.prefault({}),
  connection: maybe(connection),
  dependencies: z.array(dependency).default([]),
  labels: texts.default({}),
  annotations: texts.default({}),
  ...settingsShape,
});
