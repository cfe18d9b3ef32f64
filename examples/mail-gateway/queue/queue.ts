import { mkdir } from 'node:fs/promises';
import type { Clock, Logger } from 'plugboard';
import type { Envelope } from './envelope.ts';
import { newQueueId, QueueFiles } from './files.ts';
import { Lease, statesOf } from './lease.ts';
import { dueAt, isFinished, type RecipientState } from './recipient-state.ts';
import { readOrSetAside, recovered } from './recover.ts';
import { Schedule } from './schedule.ts';

export interface QueueOptions {
  /** Made if it is not there. One process at a time may use it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How many mails it holds before it takes no more. */
  readonly maxMails: number;
}

/** Mails that were accepted and are not done with. What it says it has survives a crash at any moment. */
export class Queue {
  readonly files: QueueFiles;
  readonly #options: QueueOptions;
  readonly #schedule: Schedule;
  #count = 0;
  #onDue: () => void = () => undefined;

  private constructor(options: QueueOptions) {
    this.#options = options;
    this.files = new QueueFiles(options.folder);
    this.#schedule = new Schedule(options.clock, () => this.#onDue());
  }

  /** Opens a folder and takes up what an earlier run has left in it. */
  static async open(options: QueueOptions): Promise<Queue> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const queue = new Queue(options);
    for await (const mail of recovered(queue.files, options.log)) {
      queue.#count++;
      await queue.#settle(mail.envelope, statesOf(mail));
    }
    return queue;
  }

  /** How many mails it holds. */
  get size(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= this.#options.maxMails;
  }

  newId(): string {
    return newQueueId(this.#options.clock.date());
  }

  /** Runs whenever there is a mail to take. */
  onDue(listener: () => void): void {
    this.#onDue = listener;
    listener();
  }

  /**
   * Takes responsibility for a mail whose message lies, synced, in `files.message(queueId)`. When the promise holds, so
   * does the acceptance. It is not worked on before `release`.
   */
  async commit(envelope: Envelope): Promise<void> {
    try {
      await this.files.commit(envelope);
    } catch (error) {
      // Whoever hears of the failure sends it again: nothing of it may be left.
      await this.files.remove(envelope.queueId);
      throw error;
    }
    this.#count++;
  }

  /** Lets a committed mail be worked on. */
  release(envelope: Envelope): void {
    this.#schedule.add(envelope.queueId, envelope.priority, envelope.holdUntil ?? envelope.receivedAt);
  }

  /** Whether there is a mail to take. */
  get hasDue(): boolean {
    return this.#schedule.hasDue;
  }

  /** The mail to work on now, if there is one. Give it back with `giveBack`. */
  async take(): Promise<Lease | undefined> {
    for (let queueId = this.#schedule.take(); queueId !== undefined; queueId = this.#schedule.take()) {
      const mail = await readOrSetAside(this.files, queueId, this.#options.log);
      if (mail !== undefined) return new Lease(mail, this.files, this.#options.clock);
      this.#count--;
    }
    return undefined;
  }

  /** Waits for the next attempt, `notBefore` at the soonest, or is done with the mail. */
  giveBack(lease: Lease, notBefore = 0): Promise<void> {
    return this.#settle(lease.envelope, lease.states, notBefore);
  }

  /** Gives up a mail that cannot be worked on; its files stay, for a person to look at. */
  async setAside(lease: Lease): Promise<void> {
    await this.files.setAside(lease.envelope.queueId);
    this.#count--;
  }

  /** Works on nothing more; what lies on the disk stays. */
  close(): void {
    this.#schedule.stop();
  }

  async #settle(envelope: Envelope, states: readonly RecipientState[], notBefore = 0): Promise<void> {
    if (isFinished(envelope, states)) {
      await this.files.remove(envelope.queueId);
      this.#count--;
      return;
    }
    const nextAt = dueAt(states);
    // Nobody is left to try, but a report is missing.
    const soonest = nextAt === Infinity ? envelope.receivedAt : nextAt;
    this.#schedule.add(envelope.queueId, envelope.priority, Math.max(soonest, notBefore));
  }
}
