import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeDurably } from './durable-file.ts';
import { envelopeSchema, type Envelope } from './envelope.ts';
import { readJournal } from './journal.ts';
import type { JournalEntry } from './journal-entry.ts';

/** A mail as it lies on the disk, with what became of it. */
export interface StoredMail {
  readonly envelope: Envelope;
  readonly entries: readonly JournalEntry[];
}

/**
 * The folder of a queue. A mail is three files: `ID.eml`, the message; `ID.log`, its journal; `ID.json`, its envelope.
 * It is accepted when the envelope is there, and gone when that is gone.
 */
export class QueueFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  message(queueId: string): string {
    return join(this.folder, `${queueId}.eml`);
  }

  journal(queueId: string): string {
    return join(this.folder, `${queueId}.log`);
  }

  envelope(queueId: string): string {
    return join(this.folder, `${queueId}.json`);
  }

  /** Its message must lie there already, synced. */
  async commit(envelope: Envelope): Promise<void> {
    const journal = await open(this.journal(envelope.queueId), 'a', 0o600);
    await journal.close();
    await writeDurably(this.envelope(envelope.queueId), JSON.stringify(envelope));
  }

  async read(queueId: string): Promise<StoredMail> {
    const envelope = envelopeSchema.parse(JSON.parse(await readFile(this.envelope(queueId), 'utf8')));
    return { envelope, entries: await readJournal(this.journal(queueId)) };
  }

  async remove(queueId: string): Promise<void> {
    await rm(this.envelope(queueId), { force: true });
    // Without this a power cut could bring the envelope back, but not the journal that says it is done.
    await syncFolder(this.folder);
    await this.removeUncommitted(queueId);
  }

  async removeUncommitted(queueId: string): Promise<void> {
    await rm(this.journal(queueId), { force: true });
    await rm(this.message(queueId), { force: true });
  }

  /** Puts an envelope that cannot be read out of the way, for a person to look at. */
  async setAside(queueId: string): Promise<void> {
    const envelope = this.envelope(queueId);
    await rename(envelope, `${envelope}.damaged`).catch(() => undefined); // it is not there at all
  }

  /** The accepted mails; what belongs to none is removed. */
  async accepted(): Promise<string[]> {
    const names = await readdir(this.folder);
    const kept = new Set(names.filter((name) => /\.json(\.damaged)?$/.test(name)).map(idOf));
    for (const name of names) {
      if (name.endsWith('.tmp') || !kept.has(idOf(name))) await rm(join(this.folder, name), { force: true });
    }
    return names.filter((name) => name.endsWith('.json')).map(idOf);
  }
}

function idOf(name: string): string {
  return name.slice(0, name.indexOf('.'));
}

/** A new name for a mail; later ones sort behind earlier ones. */
export function newQueueId(now: Date): string {
  return `${now.getTime().toString(36).padStart(9, '0')}${randomBytes(6).toString('hex')}`;
}
