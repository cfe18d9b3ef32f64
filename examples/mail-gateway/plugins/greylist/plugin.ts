import { definePlugin, systemClock, type Clock, type Plugin } from 'plugboard';
import { accept, defer, proceed, type EmailHooks, type GreylistRequest } from 'plugboard/email';
import { z } from 'zod';
import { read } from '../settings.ts';
import { Journal, type Seen } from './journal.ts';

const settingsSchema = z.strictObject({
  /** Where what was seen outlives a restart. Default: nowhere. */
  file: z.string().optional(),
  /** How long a new sender has to wait, in milliseconds. */
  delayMs: z
    .number()
    .min(0)
    .default(5 * 60_000),
  /** How long the second try is waited for, in milliseconds. RFC 5321 §4.5.4.1 lets senders wait for hours. */
  retryWithinMs: z.number().default(36 * 3_600_000),
  /** How long a sender stays known since its last message, in milliseconds. */
  knownForMs: z.number().default(36 * 24 * 3_600_000),
});

/** So many triplets are remembered; the one seen least recently makes room. */
const maxSeen = 200_000;

/** Lets senders that nobody knows try again (RFC 6647): those who only send once and in masses do not. */
export function greylist(clock: Clock = systemClock): Plugin<Partial<EmailHooks>> {
  let settings = read(settingsSchema, undefined);
  const seen = new Map<string, Seen>();
  let journal: Journal | undefined;
  const remember = async (key: string, entry: Seen): Promise<void> => {
    seen.delete(key);
    seen.set(key, entry);
    if (seen.size > maxSeen) seen.delete(seen.keys().next().value ?? '');
    await journal?.add(key, entry);
  };
  const current = (key: string, now: number): Seen | undefined => {
    const entry = seen.get(key);
    return entry === undefined || entry.knownUntilMs < now ? undefined : entry;
  };
  return definePlugin<EmailHooks>({
    name: 'greylist',
    version: '1.0.0',
    async initialize({ config }) {
      settings = read(settingsSchema, config);
      if (settings.file === undefined) return;
      journal = await Journal.open(settings.file, seen, clock.date().getTime());
    },
    close: () => journal?.close(),
    hooks: {
      async 'security.greylistCheck'(request) {
        if (request.session.auth !== undefined) return accept();
        const now = clock.date().getTime();
        const { pair, triplet } = keysOf(request);
        const { delayMs, retryWithinMs, knownForMs } = settings;
        const known = current(pair, now);
        const before = known ?? current(triplet, now);
        if (before === undefined) {
          await remember(triplet, { firstMs: now, knownUntilMs: now + retryWithinMs });
          return defer({ retryAfterMs: delayMs });
        }
        const waitMs = before.firstMs + delayMs - now;
        if (known === undefined && waitMs > 0) return defer({ retryAfterMs: waitMs });
        await remember(pair, { firstMs: before.firstMs, knownUntilMs: now + knownForMs });
        return proceed();
      },
    },
  });
}

/** A triplet waits; once it has come back, its network and sender are known together, for every recipient. */
function keysOf({ clientKey, sender, recipient }: GreylistRequest): {
  readonly pair: string;
  readonly triplet: string;
} {
  const pair = `${clientKey}|${sender.address.toLowerCase()}`;
  return { pair, triplet: `${pair}|${recipient.address.toLowerCase()}` };
}
