import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { definePlugin, factsOf, systemClock, type Clock, type Plugin } from 'plugboard';
import {
  discard,
  openMessage,
  proceed,
  type EmailHooks,
  type MessageReader,
  type MessageRef,
} from 'plugboard/email';
import { z } from 'zod';
import { writeDurably } from '../queue/durable-file.ts';
import { read } from './settings.ts';

const settingsSchema = z.strictObject({
  /** Where it is kept: `ID.eml`, and what is known of it in `ID.json`. Nothing is removed from there. */
  folder: z.string().min(1),
  /** The spam score from which on a message is set aside. Default: that of a message that is tagged. */
  score: z.number().default(6),
  /** Whether a message is that fails DMARC, whatever its domain wants. */
  dmarcFail: z.boolean().default(false),
});
type Settings = z.output<typeof settingsSchema>;
type Facts = ReturnType<typeof factsOf<EmailHooks>>;

/** Keeps what is doubtful in a store of its own. When a message counts as taken, it lies there for good. */
export function quarantineStore(clock: Clock = systemClock): Plugin<Partial<EmailHooks>> {
  let settings: Settings;
  const configure = async (config: unknown): Promise<void> => {
    const next = read(settingsSchema, config);
    await mkdir(next.folder, { recursive: true, mode: 0o700 });
    settings = next;
  };
  return definePlugin<EmailHooks>({
    name: 'quarantine-store',
    version: '1.0.0',
    initialize: ({ config }) => configure(config),
    configure,
    hooks: {
      async 'message.messageComplete'({ session, transaction, message, recipients }, context) {
        const reason = doubtOf(factsOf<EmailHooks>(context), settings);
        if (reason === undefined) return proceed();
        const id = randomUUID();
        const path = join(settings.folder, id);
        await copyDurably(message, context, path);
        const about = {
          at: clock.date().toISOString(),
          reason,
          sessionId: session.id,
          clientIp: session.remote.ip,
          sender: transaction.sender.address,
          recipients: recipients.map(({ address }) => address),
        };
        await writeDurably(`${path}.json`, JSON.stringify(about));
        return discard({ reason: `set aside as ${id}: ${reason}` });
      },
    },
  });
}

function doubtOf(facts: Facts, { score: limit, dmarcFail }: Settings): string | undefined {
  const { 'content.antispamScan': spam, 'authn.dmarcCheck': dmarc } = facts;
  const score = spam?.score ?? 0;
  if (score >= limit) return `spam score ${score.toFixed(1)}`;
  return dmarcFail && dmarc?.dmarc?.result === 'fail' ? 'DMARC failed' : undefined;
}

/** Whole or not at all; its name becomes lasting with that of the record, which is written after it. */
async function copyDurably(message: MessageRef, reader: MessageReader, path: string): Promise<void> {
  const draft = `${path}.tmp`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await pipeline(openMessage(message, reader), handle.createWriteStream({ flush: true }));
    await rename(draft, `${path}.eml`);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
