import { KeyObject } from 'node:crypto';

import type { Clock, Timer } from '../../src/core/clock.ts';
import { messageOf } from '../../src/core/errors.ts';
import { appendCheckpoint } from './append-checkpoint.ts';
import { auditError, needsPositive } from './audit-error.ts';
import { algorithmOf, signCheckpoint, type AuditCheckpoint } from './checkpoint.ts';
import { noHead, type Head } from './record.ts';

/** When and where the state of a log is signed, so that cutting its end off or writing it anew shows. */
export interface AuditCheckpoints {
  /**
   * A file, or a function that sends them away. They are worth most where whoever can write the log cannot: on
   * another disk, another computer. A function that rejects is asked again with the next one.
   */
  readonly to: string | ((checkpoint: AuditCheckpoint) => void | Promise<void>);
  /** A secret of 16 bytes or more (HMAC-SHA256), or an ed25519 private key; `auditKey(file)` reads one. */
  readonly key: KeyObject;
  /** After so many records. Default 1000. */
  readonly everyRecords?: number | undefined;
  /** After so many milliseconds, if there was a record. Default 60 000. One more is made when the log is closed. */
  readonly everyMs?: number | undefined;
}

/** Somebody's function must not hold a host that ends; it gets so long, in milliseconds. */
const lastChanceMs = 5000;

/** Signs the head of a log now and then. */
export class Checkpointer {
  readonly #send: (checkpoint: AuditCheckpoint) => void | Promise<void>;
  readonly #key: KeyObject;
  readonly #everyRecords: number;
  readonly #everyMs: number;
  readonly #clock: Clock;
  /** Hears, in words, that one could not be delivered; undefined when they can be again. */
  onDelivery: (failure: string | undefined) => void = () => {};
  #head: Head = noHead;
  #signedSeq = -1;
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;

  constructor({ to, key, everyRecords = 1000, everyMs = 60_000 }: AuditCheckpoints, clock: Clock) {
    if (!(key instanceof KeyObject))
      throw auditError('the key of checkpoints is no KeyObject. Read one with auditKey.');
    needsPositive('everyRecords', everyRecords);
    needsPositive('everyMs', everyMs);
    algorithmOf(key);
    if (key.type === 'public')
      throw auditError('checkpoints cannot be signed with a public key. Give the private one.');
    this.#send = typeof to === 'string' ? (checkpoint) => appendCheckpoint(to, checkpoint) : to;
    this.#key = key;
    this.#everyRecords = everyRecords;
    this.#everyMs = everyMs;
    this.#clock = clock;
  }

  /** The log continues after this record, which is somebody else's to vouch for. */
  start(head: Head): void {
    this.#head = head;
    this.#signedSeq = head.seq;
  }

  /** The log has grown so far. */
  reached(head: Head): void {
    this.#head = head;
    if (head.seq - this.#signedSeq >= this.#everyRecords) this.#sign();
    else this.#timer ??= this.#startTimer();
  }

  /** Signs the end. Resolves when it is delivered, or cannot be. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    let timer: Timer | undefined;
    const tooLate = new Promise<void>((resolve) => (timer = this.#clock.startTimer(lastChanceMs, resolve)));
    await Promise.race([this.#signEnd(), tooLate]);
    timer?.cancel();
  }

  async #signEnd(): Promise<void> {
    await this.#sending;
    this.#sign();
    await this.#sending;
  }

  #startTimer(): Timer {
    const timer = this.#clock.startTimer(this.#everyMs, () => {
      this.#timer = undefined;
      this.#sign();
    });
    timer.keepAlive(false);
    return timer;
  }

  #sign(): void {
    if (this.#sending !== undefined || this.#head.seq === this.#signedSeq) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sending = this.#deliver(this.#head).finally(() => (this.#sending = undefined));
  }

  /** One at a time: a slow receiver gets fewer, not more. */
  async #deliver({ seq, hash }: Head): Promise<void> {
    try {
      await this.#send(signCheckpoint({ seq, hash, time: this.#clock.date().toISOString() }, this.#key));
      this.#signedSeq = seq;
      this.onDelivery(undefined);
    } catch (error) {
      this.onDelivery(messageOf(error));
      this.#timer ??= this.#startTimer();
    }
  }
}
