import type { Clock, Logger } from 'plugboard';
import type { Lease } from '../queue/lease.ts';
import type { Queue } from '../queue/queue.ts';

export interface WorkerOptions {
  readonly queue: Queue;
  /** Delivers what is due of a mail. */
  readonly deliver: (lease: Lease) => Promise<void>;
  /** How many mails are worked on at once. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long a mail rests whose work failed for a reason of this side's, such as a full disk. */
const restMs = 60_000;

/** Takes mail from the queue and delivers it. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #running = new Set<Promise<void>>();
  #isStopped = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#options.queue.onDue(() => this.#fill());
  }

  /** Takes no more, and comes back when what it has is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  #fill(): void {
    while (!this.#isStopped && this.#running.size < this.#options.concurrency && this.#options.queue.hasDue) {
      const work = this.#workOnOne();
      this.#running.add(work);
      void work.finally(() => {
        this.#running.delete(work);
        this.#fill();
      });
    }
  }

  /** Never rejects. */
  async #workOnOne(): Promise<void> {
    const { queue, deliver } = this.#options;
    const lease = await queue.take();
    if (lease === undefined) return;
    try {
      await deliver(lease);
      await queue.giveBack(lease);
    } catch (error) {
      await this.#rest(lease, error).catch(() => undefined);
    }
  }

  async #rest(lease: Lease, error: unknown): Promise<void> {
    const { queue, clock, log } = this.#options;
    const { queueId, expiresAt } = lease.envelope;
    const now = clock.date().getTime();
    if (now < expiresAt) {
      log.error(`mail ${queueId} could not be worked on; it is tried again in a minute`, { error });
      return queue.giveBack(lease, now + restMs);
    }
    log.error(`mail ${queueId} could not be worked on until it expired, and was set aside`, { error });
    return queue.setAside(lease);
  }
}
