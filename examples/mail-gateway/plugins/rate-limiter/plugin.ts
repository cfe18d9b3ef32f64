import { definePlugin, systemClock, type Clock, type Logger, type Plugin } from 'plugboard';
import { defer, proceed, type EmailHooks, type RateLimitAnswer, type RateLimitScope } from 'plugboard/email';
import { z } from 'zod';
import { read, size } from '../settings.ts';
import type { Grant, Limit, LimitStore } from './limit.ts';
import { localStore } from './local-store.ts';
import { redisStore } from './redis-store.ts';

const limit = z.strictObject({
  burst: size.pipe(z.number().positive()),
  /** May be a fraction: 0.5 is one in two minutes. */
  perMinute: z.union([z.number().positive(), size.pipe(z.number().positive())]),
  lockMs: z.number().min(0).default(0),
});

const settingsSchema = z.strictObject({
  /** Without it each host counts for itself. */
  redisUrl: z.string().optional(),
  prefix: z.string().default('plugboard:mail:'),
  /** A scope without a limit has none. Bytes may be written as `50MB`. */
  limits: z.partialRecord(z.enum(['connection', 'message', 'recipient', 'auth', 'volume']), limit).default({
    connection: { burst: 20, perMinute: 100, lockMs: 0 },
    message: { burst: 60, perMinute: 60, lockMs: 0 },
    recipient: { burst: 1000, perMinute: 100, lockMs: 0 },
    auth: { burst: 5, perMinute: 5, lockMs: 15 * 60_000 },
    volume: { burst: 100_000_000, perMinute: 20_000_000, lockMs: 0 },
  }),
});

interface State {
  readonly limits: Readonly<Partial<Record<RateLimitScope, Limit>>>;
  readonly shared: LimitStore | undefined;
}

const alone = 'the shared limits cannot be reached; this host counts for itself';

/** Limits connections, messages, recipients, failed log-ins and bytes, here or together with other hosts. */
export function rateLimiter(clock: Clock = systemClock): Plugin<Partial<EmailHooks>> {
  const local = localStore(clock);
  let state: State = { limits: {}, shared: undefined };
  let isShared = true;
  /** Kept until somebody has asked, so that no check comes too late for a short outage. */
  let wasAlone = false;
  const take = async (
    shared: LimitStore,
    key: string,
    cost: number,
    of: Limit,
    log: Logger,
  ): Promise<Grant> => {
    try {
      const grant = await shared.take(key, cost, of);
      isShared = true;
      return grant;
    } catch (error) {
      if (isShared) log.warn(alone, { error });
      isShared = false;
      wasAlone = true;
      return local.take(key, cost, of);
    }
  };
  return definePlugin<EmailHooks>({
    name: 'rate-limiter',
    version: '1.0.0',
    async initialize({ config }) {
      const { limits, redisUrl, prefix } = read(settingsSchema, config);
      const shared = redisUrl === undefined ? undefined : await redisStore(redisUrl, prefix);
      state = { limits, shared };
    },
    // Not unhealthy: it limits, and a new start would not bring the store back.
    health() {
      const report = wasAlone ? ({ status: 'degraded', message: alone } as const) : 'healthy';
      wasAlone = !isShared;
      return report;
    },
    close() {
      state.shared?.close();
      local.close();
    },
    hooks: {
      'security.rateLimitCheck'({ scope, key, cost }, { log }) {
        const { limits, shared } = state;
        const of = limits[scope];
        if (of === undefined) return proceed();
        const name = `${scope}:${key}`;
        if (shared === undefined) return answerFor(scope, local.take(name, cost, of));
        return take(shared, name, cost, of, log).then((grant) => answerFor(scope, grant));
      },
    },
  });
}

const refusals = {
  connection: { code: 421, enhanced: '4.7.0', text: 'Too many connections', disconnect: true },
  message: { code: 450, enhanced: '4.7.1', text: 'Too many messages' },
  recipient: { code: 452, enhanced: '4.5.3', text: 'Too many recipients' },
  auth: { code: 454, enhanced: '4.7.0', text: 'Too many failed log-ins' },
  volume: { code: 450, enhanced: '4.7.1', text: 'Too many bytes' },
} as const;

function answerFor(scope: RateLimitScope, { isGranted, remaining, waitMs }: Grant): RateLimitAnswer {
  if (isGranted) return proceed({ remaining, resetMs: waitMs });
  return defer({ ...refusals[scope], retryAfterMs: waitMs });
}
