import semver from 'semver';
import * as z from 'zod';

import { isSemver } from '../core/names.ts';
import { parseDuration } from '../core/units.ts';
import type { Manifest, PluginRequirement } from './manifest.ts';

const text = z.string().max(2000);
const texts = z.array(text).max(1000).default([]);
const optional = text.optional().transform((value) => value);
const count = z.number().min(0).optional();
const duration = z
  .union([z.number().min(0), z.string().transform((value) => parseDuration(value) ?? NaN)])
  .refine((ms) => !Number.isNaN(ms), 'must be milliseconds, or text such as 30s')
  .optional()
  .transform((value) => value);

/** Keys in snake_case, as manifests have them, are fields; ones in camelCase too. */
function fields<S extends z.ZodRawShape>(shape: S): z.ZodPreprocess<z.ZodObject<S>> {
  return z.preprocess((value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, part]: [string, unknown]) => [fieldName(key), part]),
    );
  }, z.object(shape));
}

/** The field that a key of a manifest names. */
export function fieldName(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const needed = z
  .union([text, z.object({ name: text, version: text.default('*') })])
  .transform((value) => (typeof value === 'string' ? requirementOf(value) : value))
  .refine(
    ({ version }) => semver.validRange(version) !== null,
    'must be a name, or a name and a range as auth@^1.2.0',
  );

function requirementOf(value: string): { name: string; version: string } {
  const cut = value.search(/[@\s<>=~^]/);
  if (cut < 1) return { name: value, version: '*' };
  return { name: value.slice(0, cut), version: value.slice(cut).replace(/^\s*@/, '').trim() || '*' };
}

const requirements = fields({
  host: text
    .refine((range) => semver.validRange(range) !== null, 'must be a range such as ^1.0.0')
    .default('*'),
  minGoVersion: optional,
  requiredPlugins: z.array(needed).max(1000).default([]),
  optionalPlugins: z.array(needed).max(1000).default([]),
  systemPackages: texts,
  environmentVars: texts,
}).transform(({ requiredPlugins, optionalPlugins, ...rest }) => ({
  ...rest,
  plugins: [...marked(requiredPlugins, false), ...marked(optionalPlugins, true)],
}));

function marked(
  needs: readonly { name: string; version: string }[],
  isOptional: boolean,
): PluginRequirement[] {
  return needs.map((need) => ({ ...need, optional: isOptional }));
}

const resources = fields({
  maxMemoryMb: count,
  maxCpuPercent: count,
  maxConnections: count,
  maxRequests: count,
}).transform(({ maxMemoryMb, maxCpuPercent, maxConnections, maxRequests }) => ({
  maxMemoryBytes: maxMemoryMb === undefined ? undefined : maxMemoryMb * 1e6,
  maxCpuPercent,
  maxConnections,
  maxRequests,
}));

const healthCheck = fields({
  enabled: z.boolean().default(true),
  intervalMs: duration,
  interval: duration,
  timeoutMs: duration,
  timeout: duration,
  failureLimit: count,
}).transform(({ enabled, intervalMs, interval, timeoutMs, timeout, failureLimit }) => ({
  enabled,
  intervalMs: intervalMs ?? interval,
  timeoutMs: timeoutMs ?? timeout,
  failureLimit,
}));

const moment = z.union([
  z.number().transform((seconds) => seconds * 1000), // Python's time.time()
  z
    .string()
    .transform((value) => Date.parse(value))
    .refine((ms) => !Number.isNaN(ms), 'must be seconds since 1970, or a date in ISO 8601'),
]);

const transport = z
  .enum(['exec', 'subprocess', 'worker', 'grpc', 'grpc-tls', 'go-plugin'])
  .transform((value) => (value === 'exec' ? 'subprocess' : value));

const shape = {
  pluginId: text.optional(),
  name: text,
  version: text.refine(isSemver, 'must be a full semantic version such as 1.0.0'),
  description: optional,
  author: optional,
  homepage: optional,
  repository: optional,
  license: text.default('MIT'),
  capabilities: texts,
  tags: texts,
  metadata: z.record(z.string(), z.unknown()).default({}),
  permissions: texts,
  securityLevel: z.enum(['trusted', 'standard', 'sandboxed']).default('standard'),
  createdAt: moment.optional().transform((value) => value),
  checksum: optional,
  dependencies: texts,
  transport: transport.optional().transform((value) => value),
  executable: text.optional(),
  command: text.optional(),
  file: optional,
  endpoint: optional,
  args: texts,
  env: z.record(z.string(), text).default({}),
  requirements: requirements.prefault({}),
  resources: resources.prefault({}),
  healthCheck: healthCheck.optional().transform((value) => value),
};

/** Fields that a manifest may have; discovery's own results, which go-plugins writes into it, are passed over. */
export const knownFields: ReadonlySet<string> = new Set([
  ...Object.keys(shape),
  'auth',
  'discoveredAt',
  'discoveryType',
  'manifestPath',
  'networkAddress',
  '$schema',
]);

/** Checks a manifest and fills in its defaults. */
export const manifestSchema: z.ZodType<Manifest> = fields(shape).transform(
  ({ pluginId, name, executable, command, ...rest }): Manifest => ({
    ...rest,
    name: pluginId ?? name,
    title: pluginId === undefined ? undefined : name,
    command: command ?? executable,
  }),
);
