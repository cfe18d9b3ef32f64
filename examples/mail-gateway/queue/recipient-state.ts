import type { Envelope, QueuedRecipient } from './envelope.ts';
import type { JournalEntry, Reply } from './journal-entry.ts';

/** How it stands with one recipient of a mail. */
export type RecipientState =
  | { readonly is: 'open'; readonly attempts: number; readonly nextAt: number; readonly lastReply?: Reply }
  | {
      readonly is: 'delivered';
      readonly host: string;
      readonly reply: Reply;
      readonly final: boolean;
      readonly told: boolean;
    }
  | {
      readonly is: 'failed';
      readonly host?: string;
      readonly reply: Reply;
      readonly silent: boolean;
      readonly told: boolean;
    }
  | { readonly is: 'discarded' };

/** Before the first attempt. */
export function firstStates(envelope: Envelope): RecipientState[] {
  const nextAt = envelope.holdUntil ?? envelope.receivedAt;
  return envelope.recipients.map(() => ({ is: 'open', attempts: 0, nextAt }));
}

/** What an entry makes of them. */
export function withEntry(states: readonly RecipientState[], entry: JournalEntry): RecipientState[] {
  const named = new Set(entry.recipients);
  return states.map((state, index) => (named.has(index) ? after(state, entry) : state));
}

function after(state: RecipientState, entry: JournalEntry): RecipientState {
  if (entry.state === 'discarded') return { is: 'discarded' };
  if (entry.state === 'reported') return 'told' in state ? { ...state, told: true } : state;
  if (entry.state === 'delivered') {
    return { is: 'delivered', host: entry.host, reply: entry.reply, final: entry.final, told: false };
  }
  if (entry.state === 'failed') {
    const host = entry.host === undefined ? {} : { host: entry.host };
    return { is: 'failed', ...host, reply: entry.reply, silent: entry.silent, told: false };
  }
  if (state.is !== 'open') return state;
  if (entry.state === 'held') return { ...state, nextAt: entry.nextAt };
  return { is: 'open', attempts: state.attempts + 1, nextAt: entry.nextAt, lastReply: entry.reply };
}

/** Whether its sender is to be told, by RFC 3461; never the null sender, whose mail is a report itself. */
export function isToReport(sender: string, recipient: QueuedRecipient, state: RecipientState): boolean {
  if (sender === '' || !('told' in state) || state.told) return false;
  if (state.is === 'delivered') return recipient.notify?.includes('SUCCESS') ?? false;
  return !state.silent && (recipient.notify?.includes('FAILURE') ?? true);
}

/** Whether nothing is left to do for a mail. */
export function isFinished(envelope: Envelope, states: readonly RecipientState[]): boolean {
  return envelope.recipients.every((recipient, index) => {
    const state = states[index];
    return state !== undefined && state.is !== 'open' && !isToReport(envelope.sender, recipient, state);
  });
}

/** When the next recipient of a mail is due; at once when only a report is missing. */
export function dueAt(states: readonly RecipientState[]): number {
  return states.reduce(
    (soonest, state) => (state.is === 'open' ? Math.min(soonest, state.nextAt) : soonest),
    Infinity,
  );
}
