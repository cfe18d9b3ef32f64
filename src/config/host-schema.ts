import * as z from 'zod';

import { discovery, marketplace, metrics, security, tracing } from './host-parts-schema.ts';
import type { ConnectionConfig, HostConfig } from './host-config.ts';
import { connection, plugin, type PluginEntry } from './plugin-schema.ts';
import { orOff, settingsShape } from './resolve.ts';
import { maybe } from './maybe.ts';

const { config: _, ...defaultsShape } = settingsShape;

const host = z.strictObject({
  $schema: z.string().optional(),
  timeoutMs: z.number().positive().default(30_000),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  dataFolder: z.string().min(1).default('./data/plugins'),
  defaults: z.strictObject(defaultsShape).prefault({}),
  connection: connection.prefault({}),
  plugins: z.array(plugin).default([]),
  discovery: orOff(discovery),
  security: orOff(security),
  metrics: orOff(metrics),
  tracing: orOff(tracing),
  reload: z
    .strictObject({
      watch: z.boolean().default(false),
      intervalMs: z.number().min(0).default(0),
      strategy: z.enum(['recreate', 'graceful', 'rolling']).default('graceful'),
      drainTimeoutMs: z.number().min(0).default(30_000),
    })
    .prefault({}),
  limits: z
    .strictObject({
      maxMemoryBytes: maybe(z.number().min(1)),
      maxCpuTimeMs: maybe(z.number().min(1)),
      maxFileBytes: maybe(z.number().min(1)),
    })
    .prefault({}),
  marketplace: orOff(marketplace),
  sections: z.record(z.string(), z.unknown()).default({}),
});

/** A configuration with its defaults; the settings of plugins are still to be put over them. */
export interface HostEntry extends Omit<HostConfig, 'defaults' | 'plugins' | 'secrets'> {
  /** For editors. */
  readonly $schema?: string | undefined;
  readonly plugins: readonly PluginEntry[];
  readonly connection: ConnectionConfig;
}

/** Every field that a file may have, with its default; the reasons stand at the fields of `HostConfig`. */
export const hostSchema: z.ZodType<HostEntry> = host;

/** The fields of a host, for those who read them from elsewhere. */
export const hostShape: Readonly<Record<string, z.ZodType>> = host.shape;
