import type { Clock } from 'plugboard';
import type { Envelope } from './envelope.ts';
import type { QueueFiles, StoredMail } from './files.ts';
import { appendToJournal } from './journal.ts';
import type { JournalEntry } from './journal-entry.ts';
import { firstStates, isToReport, withEntry, type RecipientState } from './recipient-state.ts';

/** An entry without its time. */
export type Outcome = JournalEntry extends infer Entry
  ? Entry extends object
    ? Omit<Entry, 'at'>
    : never
  : never;

/** A mail that is being worked on: nobody else has it. */
export class Lease {
  readonly envelope: Envelope;
  /** Where its message lies. */
  readonly file: string;
  readonly #journal: string;
  readonly #clock: Clock;
  #states: readonly RecipientState[];

  constructor(mail: StoredMail, files: QueueFiles, clock: Clock) {
    this.envelope = mail.envelope;
    this.file = files.message(mail.envelope.queueId);
    this.#journal = files.journal(mail.envelope.queueId);
    this.#clock = clock;
    this.#states = statesOf(mail);
  }

  get states(): readonly RecipientState[] {
    return this.#states;
  }

  /** How many attempts there were for a recipient. */
  attemptsOf(index: number): number {
    const state = this.#states[index];
    return state?.is === 'open' ? state.attempts : 0;
  }

  /** Recipients that are to be tried now. */
  get due(): number[] {
    const now = this.#clock.date().getTime();
    return this.#which((state) => state.is === 'open' && state.nextAt <= now);
  }

  /** Recipients of which the sender is to be told. */
  get toReport(): number[] {
    return this.#which((state, index) => {
      const recipient = this.envelope.recipients[index];
      return recipient !== undefined && isToReport(this.envelope.sender, recipient, state);
    });
  }

  /** Writes down what became of some recipients; see `appendToJournal` for when it holds. */
  record(outcome: Outcome): Promise<void> {
    const entry = { ...outcome, at: this.#clock.date().getTime() };
    const synced = appendToJournal(this.#journal, entry);
    this.#states = withEntry(this.#states, entry);
    return synced;
  }

  #which(isOne: (state: RecipientState, index: number) => boolean): number[] {
    return this.#states.flatMap((state, index) => (isOne(state, index) ? [index] : []));
  }
}

/** How it stands with the recipients of a mail. */
export function statesOf({ envelope, entries }: StoredMail): readonly RecipientState[] {
  return entries.reduce<readonly RecipientState[]>(withEntry, firstStates(envelope));
}
