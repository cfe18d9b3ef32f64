import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { definePlugin, systemClock, type Clock, type Plugin } from 'plugboard';
import { accept, defer, proceed, type EmailHooks, type GreylistRequest } from 'plugboard/email';
import { z } from 'zod';
import { read } from './settings.ts';

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

/** When a triplet was first seen, and until when it is known: both of the time of day, in milliseconds. */
interface Seen {
  readonly firstMs: number;
  readonly knownUntilMs: number;
}

/** So many triplets are remembered; the one seen least recently makes room. */
const maxSeen = 200_000;

/** Lets senders that nobody knows try again (RFC 6647): those who only send once and in masses do not. */
export function greylist(clock: Clock = systemClock): Plugin<Partial<EmailHooks>> {
  let settings = read(settingsSchema, undefined);
  let seen = new Map<string, Seen>();
  let journal: FileHandle | undefined;
  const remember = async (key: string, entry: Seen): Promise<void> => {
    seen.delete(key);
    seen.set(key, entry);
    if (seen.size > maxSeen) seen.delete(seen.keys().next().value ?? '');
    await journal?.appendFile(`${JSON.stringify([key, entry])}\n`);
  };
  return definePlugin<EmailHooks>({
    name: 'greylist',
    version: '1.0.0',
    async initialize({ config }) {
      settings = read(settingsSchema, config);
      if (settings.file === undefined) return;
      seen = await readJournal(settings.file, clock.date().getTime());
      journal = await writeJournal(settings.file, seen);
    },
    close: () => journal?.close(),
    hooks: {
      async 'security.greylistCheck'(request) {
        if (request.session.auth !== undefined) return accept();
        const now = clock.date().getTime();
        const key = keyOf(request);
        const before = seen.get(key);
        const { delayMs, retryWithinMs, knownForMs } = settings;
        if (before === undefined || before.knownUntilMs < now) {
          await remember(key, { firstMs: now, knownUntilMs: now + retryWithinMs });
          return defer({ retryAfterMs: delayMs });
        }
        const waitMs = before.firstMs + delayMs - now;
        if (waitMs > 0) return defer({ retryAfterMs: waitMs });
        await remember(key, { firstMs: before.firstMs, knownUntilMs: now + knownForMs });
        return proceed();
      },
    },
  });
}

function keyOf({ clientKey, sender, recipient }: GreylistRequest): string {
  return `${clientKey}|${sender.address.toLowerCase()}|${recipient.address.toLowerCase()}`;
}

/** What is still known, the oldest first. A line that a crash cut off says nothing. */
async function readJournal(file: string, now: number): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  const text = await readFile(file, 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const entry = entryOf(line);
    if (entry === undefined) continue;
    seen.delete(entry[0]);
    if (entry[1].knownUntilMs >= now) seen.set(...entry);
  }
  return seen;
}

const entrySchema = z.tuple([z.string(), z.object({ firstMs: z.number(), knownUntilMs: z.number() })]);

function entryOf(line: string): [string, Seen] | undefined {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Begins a new journal with what is known, in place of the old one at once. */
async function writeJournal(file: string, seen: ReadonlyMap<string, Seen>): Promise<FileHandle> {
  const next = `${file}.new`;
  const handle = await open(next, 'w', 0o600);
  await handle.appendFile([...seen].map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  await handle.sync();
  await rename(next, file);
  return handle;
}
