import { resolve } from 'node:path';

import * as z from 'zod';

import type { SecurityPolicy } from '../../src/core/gate.ts';
import { wrongOptions } from '../../src/core/wrong-options.ts';
import type { AuditSink } from '../audit-sink.ts';
import type { Constraints } from '../whitelist/whitelist.ts';

/** What goes into the audit log besides changes of the whitelist's own state. */
export interface AuditOptions {
  readonly sink: AuditSink;
  /** Refusals. Default true. */
  readonly logUnauthorized?: boolean;
  /** Every start that is allowed. Default false, as go-plugins; true under `audit-only`, which exists for it. */
  readonly logAuthorized?: boolean;
  /** Changes of the whitelist, of plugins and of their settings. Default true. */
  readonly logConfigChanges?: boolean;
  /** The `metadata` of the plugin's entry with each record. Default false. */
  readonly includeMetadata?: boolean;
}

/** How a whitelist guards a manager. */
export interface WhitelistOptions {
  /** The file: YAML or JSON; docs/security.md has its form. */
  readonly whitelist: string;
  /**
   * `strict` refuses what is not whitelisted; `permissive` notes it and lets it start; `audit-only` judges nothing and
   * notes every start; `disabled` does nothing at all. Default `strict`.
   */
  readonly policy?: SecurityPolicy;
  /** Whether changes of the file take effect while the host runs. Default true. */
  readonly watch?: boolean;
  /** How long the file must have stayed the same before a change is believed, in milliseconds. Default 1000, as go-plugins. */
  readonly reloadDelayMs?: number;
  /** Plugins must lie in one of these directories. Default: wherever the whitelist says. */
  readonly pluginDirs?: readonly string[];
  /** What holds for every plugin beside the constraints of the whitelist; of two the stricter one. Default nothing. */
  readonly constraints?: Partial<Constraints>;
  /**
   * Where verified copies lie while they run; made if missing. Default: the system's folder for temporary files, or
   * `~/.cache/plugboard` where others share that. Programs must be allowed to run there.
   */
  readonly storeDir?: string;
  /** Where refusals and changes are written. Default nowhere. */
  readonly audit?: AuditSink | AuditOptions;
}

/** The options with every default filled in and every path absolute. */
export interface ResolvedWhitelistOptions {
  readonly whitelist: string;
  readonly policy: SecurityPolicy;
  readonly watch: boolean;
  readonly reloadDelayMs: number;
  readonly pluginDirs: readonly string[] | undefined;
  readonly constraints: Partial<Constraints>;
  readonly storeDir: string | undefined;
  readonly audit: Required<AuditOptions> | undefined;
}

const path = z
  .string()
  .min(1)
  .refine((text) => !text.includes('\0'), 'has a NUL');
const sink = z.custom<AuditSink>(isSink, 'must be an audit sink: open, append, close');

const checked = z.strictObject({
  whitelist: path,
  policy: z.enum(['strict', 'permissive', 'audit-only', 'disabled']).default('strict'),
  watch: z.boolean().default(true),
  reloadDelayMs: z.number().min(0).max(60_000).default(1000),
  pluginDirs: z.array(path).min(1).optional(),
  constraints: z
    .strictObject({
      maxFileSizeBytes: z.number().positive().optional(),
      allowedTypes: z.array(z.string()).optional(),
      forbiddenPaths: z.array(path).optional(),
    })
    .default({}),
  storeDir: path.optional(),
  audit: z
    .union([
      sink.transform((only) => ({ sink: only })),
      z.strictObject({
        sink,
        logUnauthorized: z.boolean().optional(),
        logAuthorized: z.boolean().optional(),
        logConfigChanges: z.boolean().optional(),
        includeMetadata: z.boolean().optional(),
      }),
    ])
    .optional(),
});

function isSink(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'append' in value && typeof value.append === 'function'
  );
}

/** @throws {PluginError} `CONFIG_1703` for an option that makes no sense. */
export function resolveOptions(given: string | WhitelistOptions): ResolvedWhitelistOptions {
  const result = checked.safeParse(typeof given === 'string' ? { whitelist: given } : given);
  if (!result.success) throw wrongOptions('the whitelist', result.error.issues, 'security.md');
  const { whitelist, policy, watch, reloadDelayMs, pluginDirs, constraints, storeDir, audit } = result.data;
  return {
    whitelist: resolve(whitelist),
    policy,
    watch,
    reloadDelayMs,
    pluginDirs: pluginDirs?.map((folder) => resolve(folder)),
    constraints: absolute(constraints),
    storeDir: storeDir === undefined ? undefined : resolve(storeDir),
    audit: audit && filled(audit, policy),
  };
}

function absolute({
  maxFileSizeBytes,
  allowedTypes,
  forbiddenPaths,
}: Loose<Constraints>): Partial<Constraints> {
  return {
    ...(maxFileSizeBytes !== undefined && { maxFileSizeBytes }),
    ...(allowedTypes !== undefined && { allowedTypes }),
    ...(forbiddenPaths !== undefined && { forbiddenPaths: forbiddenPaths.map((folder) => resolve(folder)) }),
  };
}

/** As a schema gives it: fields that were not given may be there as undefined. */
type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

function filled(audit: Loose<AuditOptions>, policy: SecurityPolicy): Required<AuditOptions> {
  const { sink: to, logUnauthorized, logAuthorized, logConfigChanges, includeMetadata } = audit;
  if (to === undefined) throw new TypeError('an audit without a sink');
  return {
    sink: to,
    logUnauthorized: logUnauthorized ?? true,
    logAuthorized: logAuthorized ?? policy === 'audit-only',
    logConfigChanges: logConfigChanges ?? true,
    includeMetadata: includeMetadata ?? false,
  };
}
