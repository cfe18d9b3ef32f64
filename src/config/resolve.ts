import { inspect } from 'node:util';

import * as z from 'zod';

import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { isRedisClient } from './redis-client.ts';
import type { PluginSettings, ResolvedSettings } from './settings.ts';

/** opossum gives it to setTimeout, which fires a longer one at once. */
const longestTimerMs = 2 ** 31 - 1;

const ms = z.number().min(0);
const timeout = z.custom<number>(
  (value) => typeof value === 'number' && value >= 0,
  'must be a number of at least 0',
);
const count = z.int().min(0);
const atLeastOne = z.int().min(1);

const restart = z.strictObject({
  maxRestarts: count.default(3),
  initialDelayMs: ms.default(1000),
  maxDelayMs: ms.default(30_000),
  multiplier: z.number().min(1).default(2),
  healthyAfterMs: ms.default(30_000),
});

const retry = z.strictObject({
  maxRetries: count.default(3),
  initialDelayMs: ms.default(100),
  maxDelayMs: ms.default(5000),
  multiplier: z.number().min(1).default(2),
  jitter: z.number().min(0).max(1).default(0.1),
  attemptTimeoutMs: ms.default(0),
  budgetRatio: z.number().min(0).max(10).default(0.2),
});

const circuitBreaker = z.strictObject({
  mode: z.enum(['consecutive', 'rate']).default('consecutive'),
  failureThreshold: atLeastOne.default(5),
  minRequestThreshold: count.default(3),
  recoveryTimeoutMs: ms.max(longestTimerMs).default(30_000),
  successThreshold: atLeastOne.default(2),
  errorPercentage: z.number().min(0).max(100).default(50),
  windowMs: z.number().min(100).max(longestTimerMs).default(10_000),
});

const shared = z.strictObject({
  client: z.custom<object>(
    isRedisClient,
    'must be a client: `new Redis(…)` of ioredis or iovalkey, or `createClient(…)` of node-redis 4 or later',
  ),
  keyPrefix: z.string().default('plugboard'),
  timeoutMs: z.number().min(1).default(50),
});

const rateLimitShape = z.strictObject({
  requestsPerSecond: z.number().positive().default(10),
  burstSize: z.number().min(1).default(20),
  timeWindowMs: z.number().min(1).default(1000),
  onLimit: z.enum(['reject', 'wait']).default('reject'),
  maxQueue: count.default(100),
  shared: shared.optional(),
});

/** Redis counts whole calls in windows of whole seconds, and keeps no line. */
const rateLimit = rateLimitShape.refine(
  (limit) =>
    limit.shared === undefined ||
    (Number.isInteger(limit.requestsPerSecond) &&
      limit.timeWindowMs % 1000 === 0 &&
      limit.onLimit === 'reject'),
  {
    message: "needs whole requestsPerSecond, a timeWindowMs of whole seconds, and onLimit 'reject'",
    path: ['shared'],
  },
);

const concurrency = z.strictObject({ maxConcurrent: atLeastOne.default(100), maxQueue: count.default(1000) });

const healthCheckShape = z.strictObject({
  intervalMs: z.number().min(1).default(30_000),
  timeoutMs: z.number().min(1).optional(),
  failureLimit: atLeastOne.default(3),
});

const healthCheck = healthCheckShape
  .refine((check) => check.timeoutMs === undefined || check.timeoutMs <= check.intervalMs, {
    message: 'must not be longer than intervalMs',
    path: ['timeoutMs'],
  })
  .transform((check) => ({ ...check, timeoutMs: check.timeoutMs ?? Math.min(5000, check.intervalMs) }));

const instancesShape = z.strictObject({
  count: z.int().min(1).max(1000).default(1),
  spread: z.enum(['least-loaded', 'weighted']).default('least-loaded'),
  weights: z.array(z.number().positive()).optional(),
});

const instances = instancesShape.refine(
  (set) => set.weights === undefined || set.weights.length === set.count,
  {
    message: 'must have one for each instance',
    path: ['weights'],
  },
);

const priority = z.int();
const onFailure = z.union([z.enum(['open', 'closed']), z.strictObject({ closed: z.int() })]);
const hook = z.strictObject({ priority: priority.optional(), onFailure: onFailure.optional() });

/** Every setting of a plugin with its default; the reasons stand at the fields of `PluginSettings`. */
const settings = z.strictObject({
  timeoutMs: timeout.optional(),
  start: z.enum(['eager', 'lazy']).default('eager'),
  startTimeoutMs: z.number().min(1).default(30_000),
  drainTimeoutMs: ms.default(30_000),
  reloadCooldownMs: ms.default(0),
  restart: restart.prefault({}),
  retry: z.preprocess((value) => value || { maxRetries: 0 }, retry),
  circuitBreaker: orOff(circuitBreaker),
  rateLimit: orOff(rateLimit),
  concurrency: orOff(concurrency),
  healthCheck: orOff(healthCheck),
  instances: z.preprocess(
    (value) => (typeof value === 'number' ? { count: value } : value),
    instances.prefault({}),
  ),
  config: z.unknown().optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).optional(),
  priority: priority.default(1),
  onFailure: onFailure.optional(),
  hooks: z.record(z.string(), hook).default({}),
  services: z.array(z.string()).default([]),
});

/** The fields of one plugin's settings, for those who read them from elsewhere. */
export const settingsShape: Readonly<Record<string, z.ZodType>> = settings.shape;

/** A policy is off when it is not given, or given as false. */
export function orOff<T extends z.ZodType>(policy: T): z.ZodType<z.output<T> | undefined> {
  return z
    .preprocess((value: unknown) => (value === false ? undefined : value), policy.optional())
    .optional();
}

/**
 * Checks settings and fills in the defaults.
 * @throws {PluginError} `CONFIG_1703` naming every setting that is unknown or out of its range.
 */
export function resolveSettings(given: PluginSettings, plugin: string, timeoutMs: number): ResolvedSettings {
  const result = settings.safeParse(given, { reportInput: true });
  if (!result.success) throw invalid(result.error.issues, plugin);
  const { data } = result;
  return {
    ...data,
    timeoutMs: data.timeoutMs || timeoutMs,
    circuitBreaker: data.circuitBreaker,
    rateLimit: data.rateLimit && { ...data.rateLimit, shared: data.rateLimit.shared },
    concurrency: data.concurrency,
    healthCheck: data.healthCheck,
    instances: { ...data.instances, weights: data.instances.weights },
    config: data.config,
    logLevel: data.logLevel,
    onFailure: data.onFailure,
  };
}

function invalid(issues: readonly z.core.$ZodIssue[], plugin: string): PluginError {
  const problems = issues.map((issue) => {
    const path = issue.path.map(String).join('.') || 'settings';
    const found = issue.code === 'unrecognized_keys' ? known(path) : `, found ${shown(issue.input, path)}`;
    return printable(`${path}: ${issue.message}${found}`, 500);
  });
  const message = `its settings are wrong: ${problems.join('; ')}. The type PluginSettings has each name, unit and range.`;
  return new PluginError('CONFIG_1703', { plugin, message, context: { problems } });
}

/** What was given instead of a client is often its options, with a password. */
function shown(input: unknown, path: string): string {
  return inspect(input, { depth: path === 'rateLimit.shared.client' ? -1 : 0 });
}

const shapes: Readonly<Record<string, object>> = {
  settings: settings.shape,
  restart: restart.shape,
  retry: retry.shape,
  circuitBreaker: circuitBreaker.shape,
  rateLimit: rateLimitShape.shape,
  'rateLimit.shared': shared.shape,
  concurrency: concurrency.shape,
  healthCheck: healthCheckShape.shape,
  instances: instancesShape.shape,
};

function known(path: string): string {
  return `; there are: ${Object.keys(shapes[path] ?? {}).join(', ')}`;
}
