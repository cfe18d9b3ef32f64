import * as z from 'zod';

import { maybe } from './maybe.ts';
import { orOff } from './resolve.ts';
import type { DiscoveryConfig, MetricsConfig, SecurityConfig, TracingConfig } from './host-parts.ts';
import type { MarketplaceConfig } from './host-config.ts';

const texts = z.array(z.string());

/** The schema of `DiscoveryConfig`. */
export const discovery: z.ZodType<DiscoveryConfig> = z.strictObject({
  directories: z.array(z.string().min(1)).default([]),
  patterns: texts.default(['*']),
  maxDepth: z.int().min(0).max(64).default(5),
  exclude: texts.default([]),
  followSymlinks: z.boolean().default(false),
  requiredCapabilities: texts.default([]),
  allowedTransports: texts.default([]),
  watch: z.boolean().default(false),
});

const audit = z.strictObject({
  enabled: z.boolean().default(true),
  file: maybe(z.string().min(1)),
  logUnauthorized: z.boolean().default(true),
  logAuthorized: z.boolean().default(false),
  logConfigChanges: z.boolean().default(true),
  includeMetadata: z.boolean().default(false),
});

/** Fields of go-plugins with one value that is safe here. */
const validateOnStart = z
  .boolean()
  .refine((value) => value, 'must be true: every start is checked, unless the policy is disabled');
const autoUpdate = z
  .boolean()
  .refine(
    (value) => !value,
    'must be false: a host does not change its own whitelist; plugboard whitelist does',
  );

/** The schema of `SecurityConfig`. */
export const security: z.ZodType<SecurityConfig> = z.strictObject({
  policy: z.enum(['disabled', 'permissive', 'strict', 'audit-only']).default('strict'),
  whitelistFile: maybe(z.string().min(1)),
  watch: z.boolean().default(true),
  reloadDelayMs: z.number().min(0).default(1000),
  hashAlgorithm: z.literal('sha256').default('sha256'),
  validateOnStart: validateOnStart.default(true),
  autoUpdate: autoUpdate.default(false),
  maxFileBytes: maybe(z.number().min(1)),
  allowedTypes: maybe(texts),
  forbiddenPaths: texts.default([]),
  level: z.enum(['trusted', 'standard', 'sandboxed']).default('standard'),
  sandbox: z.boolean().default(false),
  audit: audit.prefault({}),
});

const prometheus = z.strictObject({
  port: z.int().min(0).max(65_535).default(9464),
  namespace: maybe(z.string()),
  subsystem: maybe(z.string()),
});

const otlp = z.strictObject({
  endpoint: z.url(),
  headers: z.record(z.string(), z.string()).default({}),
});

/** The schema of `MetricsConfig`. */
export const metrics: z.ZodType<MetricsConfig> = z.strictObject({
  prometheus: orOff(prometheus).transform((value) => value),
  otlp: orOff(otlp).transform((value) => value),
});

/** The schema of `TracingConfig`. */
export const tracing: z.ZodType<TracingConfig> = z.strictObject({
  serviceName: z.string().min(1).default('plugboard'),
  endpoint: maybe(z.url()),
  sampleRate: z.number().min(0).max(1).default(0.1),
});

/** The schema of `MarketplaceConfig`. */
export const marketplace: z.ZodType<MarketplaceConfig> = z.strictObject({
  url: maybe(z.url()),
  autoUpdate: z.boolean().default(false),
  updateCheckIntervalMs: z.number().min(1000).default(86_400_000),
});
