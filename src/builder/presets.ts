import { checkObject } from '../core/check-given.ts';
import { singleHook, type Contract, type Hook, type Schema } from '../core/contract.ts';
import { silentLogger } from '../core/logger.ts';
import type { AutoPreset } from './auto.ts';
import { asBuilder } from './builder.ts';
import { developmentLogger } from './development-logger.ts';
import type { Plan } from './plan.ts';
import type { Preset } from './types.ts';

const basic: Omit<Plan, 'contract' | 'timeoutMs'> = {
  plugins: [],
  services: {},
  logger: silentLogger,
  logLevel: undefined,
  metrics: false,
  exporters: [],
  tracing: undefined,
  security: undefined,
  defaults: {},
  fallbacks: {},
  signals: false,
  clock: undefined,
  config: undefined,
  discovery: undefined,
};

/** The plainest start: 30 s for a call, no log, no metrics. The time is go-plugins'. */
export const Simple: Preset = preset(() => ({ ...basic, timeoutMs: 30_000 }));

/** For the desk: 60 s for a call, so that a breakpoint does not end it, and a readable log on stderr. */
export const Development: Preset = preset(() => ({
  ...basic,
  timeoutMs: 60_000,
  logger: developmentLogger(),
}));

/**
 * For servers: 10 s for a call, because a caller who waits longer has gone; metrics, circuit breakers and health
 * checks on. Retries stay off, because only you know which calls may run twice.
 */
export const Production: Preset = preset(() => ({
  ...basic,
  timeoutMs: 10_000,
  metrics: true,
  defaults: { circuitBreaker: {}, healthCheck: {} },
}));

/**
 * Looks for its plugins: `Auto<Req, Resp>().fromDirectory('./plugins').withPattern('*-plugin').build()`. 30 s for a
 * call. Whoever can write to those folders decides what runs; `withSecurity` takes that from them.
 */
export const Auto: AutoPreset = preset(() => ({ ...basic, timeoutMs: 30_000 }));

type Question = Pick<Hook<never, unknown>, 'request' | 'response'>;

function preset(plan: () => Omit<Plan, 'contract'>): AutoPreset {
  return (contract?: Question | Contract) => asBuilder({ ...plan(), contract: contractOf(contract) });
}

function contractOf(value: Question | Contract | undefined): Contract {
  if (value === undefined) return { [singleHook]: {} };
  checkObject(value, 'the contract', 'Give { request, response } with schemas, a map of hooks, or nothing.');
  return isQuestion(value) ? { [singleHook]: value } : value;
}

function isQuestion(value: Question | Contract): value is Question {
  return isSchema(value['request']) && isSchema(value['response']);
}

/** A schema may be a function too (arktype's are). */
function isSchema(value: unknown): value is Schema {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}
