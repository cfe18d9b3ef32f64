import { randomUUID } from 'node:crypto';

import type { Clock, Timer } from '../../src/core/clock.ts';
import type { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import type { AuditRecordInput, AuditSink } from '../audit-sink.ts';
import { auditError, auditFailure } from './audit-error.ts';
import type { Checkpointer } from './checkpointer.ts';
import { draftOf, seal, type Draft } from './draft.ts';
import { PendingQueue, type Pending } from './pending.ts';
import { noHead, type Head } from './record.ts';
import type { RecordStore } from './record-store.ts';

/** Grouped records wait so long for company, in milliseconds: little to lose, and one sync for all. */
const groupMs = 50;
/** So many do not wait. */
const groupRecords = 500;
/** A disk that failed is tried again after so long, in milliseconds, if no record comes before. */
const retryMs = 1000;
/** What waits in memory is at most so large, in bytes. More is refused: the disk does not keep up. */
const maxPendingBytes = 16 * 1024 * 1024;

/** Chains records and writes them in batches: one write and one sync for all that came meanwhile. */
export class AuditLog implements AuditSink {
  readonly #store: RecordStore;
  readonly #clock: Clock;
  readonly #checkpoints: Checkpointer | undefined;
  readonly #queue = new PendingQueue(maxPendingBytes);
  #head: Head = noHead;
  #state: 'new' | 'open' | 'closed' = 'new';
  /** What the log has to say of itself, before the next record. */
  #notes: AuditRecordInput[] = [];
  #lost = 0;
  #failure: PluginError | undefined;
  #checkpointFailure: string | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(store: RecordStore, clock: Clock, checkpoints: Checkpointer | undefined) {
    this.#store = store;
    this.#clock = clock;
    this.#checkpoints = checkpoints;
    if (checkpoints !== undefined) checkpoints.onDelivery = (failure) => this.#noteDelivery(failure);
  }

  async open(): Promise<void> {
    if (this.#state !== 'new') throw this.#refusal('was opened before. Make another');
    this.#state = 'open';
    try {
      const { head, notes } = await this.#store.open();
      this.#head = head ?? noHead;
      this.#notes = [...notes];
      this.#checkpoints?.start(this.#head);
      const id = head === undefined ? { details: { log: randomUUID() } } : {};
      const event = head === undefined ? 'log_created' : 'log_opened';
      await this.append({ event, level: 'info', ...id }, 'durable');
    } catch (error) {
      this.#state = 'closed';
      this.#timer?.cancel();
      await this.#store.close();
      throw auditFailure('opened', this.#store.file, error);
    }
  }

  append(record: AuditRecordInput, durability: 'durable' | 'grouped'): Promise<void> {
    return this.#state === 'open'
      ? this.#append(record, durability)
      : Promise.reject(this.#refusal('is not open. Open it first, and close it last'));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'closed';
    try {
      await this.#append({ event: 'log_closed', level: 'info' }, 'durable');
    } finally {
      this.#timer?.cancel();
      await this.#checkpoints?.close();
      await this.#store.close();
    }
  }

  async #append(record: AuditRecordInput, durability: 'durable' | 'grouped'): Promise<void> {
    const draft = draftOf(record, this.#clock.date());
    // While the disk fails nobody is told that all is well.
    if (durability === 'grouped' && this.#failure === undefined) {
      this.#enqueue({ draft, waiter: undefined });
      if (this.#queue.length >= groupRecords) this.#flush();
      else this.#flushIn(groupMs, true);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.#enqueue({ draft, waiter: { resolve, reject } });
      this.#flush();
    });
  }

  #enqueue(pending: Pending): void {
    if (this.#queue.push(pending)) return;
    this.#lost++;
    throw this.#refusal('has too many records that wait for the disk. Look after the disk, or log less');
  }

  #flushIn(afterMs: number, keepAlive: boolean): void {
    if (this.#timer !== undefined || this.#writing !== undefined) return;
    this.#timer = this.#clock.startTimer(afterMs, () => this.#flush());
    this.#timer.keepAlive(keepAlive);
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#queue.length === 0) return;
      if (this.#failure === undefined) this.#flushIn(groupMs, true);
      else this.#flushIn(retryMs, false);
    });
  }

  async #writeAll(): Promise<void> {
    do {
      const batch = this.#queue.takeBatch();
      try {
        await this.#write(batch.map(({ draft }) => draft));
        this.#failure = undefined;
        for (const { waiter } of batch) waiter?.resolve();
      } catch (error) {
        this.#fail(batch, auditFailure('written', this.#store.file, error));
      }
    } while (this.#queue.waiters > 0 || (this.#failure === undefined && this.#queue.length >= groupRecords));
  }

  /** Whoever waits is told; what nobody waits for is kept for a better time. */
  #fail(batch: readonly Pending[], failure: PluginError): void {
    this.#failure = failure;
    this.#queue.putBack(batch);
    const waited = this.#queue.takeWaiters();
    this.#lost += waited.length;
    for (const { waiter } of waited) waiter?.reject(failure);
  }

  /** All of them or none: the chain grows only by what is on the disk. */
  async #write(drafts: readonly Draft[]): Promise<void> {
    const bytes = drafts.reduce((sum, draft) => sum + draft.bytes, 0);
    const first = await this.#store.makeRoom(bytes);
    const [notes, lost] = [this.#notes, this.#lost];
    const own = [...(first === undefined ? [] : [first]), ...notes, ...(lost === 0 ? [] : [lostNote(lost)])];
    const at = this.#clock.date();
    let head = this.#head;
    const lines: string[] = [];
    for (const draft of [...own.map((note) => draftOf(note, at)), ...drafts]) {
      const sealed = seal(draft, head);
      lines.push(sealed.line);
      head = sealed.head;
    }
    await this.#store.write(lines);
    this.#head = head;
    this.#notes = this.#notes.slice(notes.length);
    this.#lost -= lost;
    this.#checkpoints?.reached(head);
  }

  /** Once when it begins and once when it is over, however often it is tried. */
  #noteDelivery(failure: string | undefined): void {
    const isNews = (failure === undefined) !== (this.#checkpointFailure === undefined);
    this.#checkpointFailure = failure;
    if (!isNews) return;
    this.#notes.push(
      failure === undefined
        ? { event: 'checkpoint_delivered', level: 'info' }
        : { event: 'checkpoint_failed', level: 'critical', details: { reason: failure } },
    );
  }

  #refusal(reason: string): PluginError {
    return auditError(`the audit log ${printable(this.#store.file, 300)} ${reason}.`);
  }
}

function lostNote(count: number): AuditRecordInput {
  return { event: 'records_lost', level: 'critical', details: { count } };
}
