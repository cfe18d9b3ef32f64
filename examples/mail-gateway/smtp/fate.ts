import { replyOf, type Defer, type RefusingHook, type Reject } from 'plugboard/email';
import { Refusal } from './refusal.ts';

/** What becomes of a message that is not simply taken. */
export type Fate =
  | { readonly is: 'refused'; readonly refusal: Refusal }
  | { readonly is: 'discarded'; readonly by: string | undefined; readonly reason: string }
  | {
      readonly is: 'quarantined';
      readonly by: string | undefined;
      readonly reason: string;
      readonly store: string | undefined;
    };

type Answer =
  | Reject
  | Defer
  | { readonly action: 'continue' | 'accept' | 'modify' }
  | { readonly action: 'discard'; readonly reason: string }
  | { readonly action: 'quarantine'; readonly reason: string; readonly store?: string | undefined };

/** What a verdict about a message means for it; undefined if it may go on. */
export function fateOf(
  hook: RefusingHook,
  { answer, by }: { readonly answer: Answer; readonly by: string | undefined },
): Fate | undefined {
  switch (answer.action) {
    case 'reject':
    case 'defer':
      return { is: 'refused', refusal: new Refusal(replyOf(hook, answer), answer.disconnect) };
    case 'discard':
      return { is: 'discarded', by, reason: answer.reason };
    case 'quarantine':
      return { is: 'quarantined', by, reason: answer.reason, store: answer.store };
    default:
      return undefined;
  }
}
