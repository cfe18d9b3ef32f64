import { copyFile, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from 'plugboard';
import { appendDurably, syncFolder, writeDurably } from './queue/durable-file.ts';

/** What is known of a message that was taken but not delivered. */
export interface MessageRecord {
  readonly queueId: string;
  readonly sessionId: string;
  readonly clientIp: string;
  readonly sender: string;
  readonly recipients: readonly string[];
  /** The plugin that wanted it so. */
  readonly by: string | undefined;
  readonly reason: string;
}

/** Where quarantined messages lie, in a gateway's folder. */
export const quarantineIn = (folder: string): string => join(folder, 'quarantine');

/** Keeps what must not get lost silently: quarantined messages, and a line for each discarded one. */
export class RecordKeeper {
  readonly #folder: string;
  readonly #clock: Clock;

  private constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** `audit.jsonl` and `quarantine/STORE/` in a folder, made if it is not there. */
  static async open(folder: string, clock: Clock): Promise<RecordKeeper> {
    await mkdir(quarantineIn(folder), { recursive: true, mode: 0o700 });
    return new RecordKeeper(folder, clock);
  }

  /** When this comes back, it is known for good that the message was discarded, by whom and why. */
  async discarded(record: MessageRecord): Promise<void> {
    await this.#audit('discarded', record);
  }

  /** When this comes back, the message lies in the quarantine for good. */
  async quarantined(record: MessageRecord, file: string, store = 'default'): Promise<void> {
    const folder = join(quarantineIn(this.#folder), encodeURIComponent(store).replace(/^\.+/, '_'));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const message = join(folder, `${record.queueId}.eml`);
    await copyFile(file, message);
    const handle = await open(message, 'r');
    await handle.sync();
    await handle.close();
    const at = this.#clock.date().toISOString();
    await writeDurably(join(folder, `${record.queueId}.json`), JSON.stringify({ at, ...record }));
    await syncFolder(quarantineIn(this.#folder));
    await this.#audit('quarantined', record);
  }

  #audit(event: string, record: MessageRecord): Promise<void> {
    const at = this.#clock.date().toISOString();
    return appendDurably(join(this.#folder, 'audit.jsonl'), { at, event, ...record });
  }
}
