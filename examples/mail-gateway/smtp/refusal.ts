import { replyOf, type Defer, type RefusingHook, type Reject, type Reply } from 'plugboard/email';

/** A reply of class 4 or 5, as smtp-server wants it: an error with the code in it. */
export class Refusal extends Error {
  readonly responseCode: number;
  /** Whether the session is over. */
  readonly disconnect: boolean;

  constructor(reply: Reply, disconnect = false) {
    super(`${reply.enhanced} ${reply.text}`);
    this.responseCode = reply.code;
    this.disconnect = disconnect || reply.code === 421;
  }
}

/** What the client is told when this side, and no plugin, has failed. */
export function troubleHere(): Refusal {
  return new Refusal({
    code: 451,
    enhanced: '4.3.0',
    text: 'Something went wrong here; please try again later',
  });
}

/** What an answer means for the client: undefined if it may go on. */
export function refusalOf(
  hook: RefusingHook,
  answer: { readonly action: string } | Reject | Defer,
): Refusal | undefined {
  if (!isRefusal(answer)) return undefined;
  return new Refusal(replyOf(hook, answer), answer.disconnect);
}

function isRefusal(answer: { readonly action: string }): answer is Reject | Defer {
  return answer.action === 'reject' || answer.action === 'defer';
}
