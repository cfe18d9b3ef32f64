/** What a plugin may remember until its next call in the same session or message; `notesOf` gives it back. */
export interface Noting {
  readonly notes?:
    | Readonly<Partial<Record<'session' | 'transaction', Readonly<Record<string, unknown>>>>>
    | undefined;
}

/** Nothing against it: the next plugin is asked. */
export interface Continue extends Noting {
  readonly action: 'continue';
}

/** Wanted: no further plugin is asked. */
export interface Accept extends Noting {
  readonly action: 'accept';
}

/** What a refusal tells the client. What is left out, `replyOf` takes from the hook. */
export interface Refusal extends Noting {
  /** An enhanced status code (RFC 3463), of the same class as the code. */
  readonly enhanced?: string | undefined;
  /** One line, at most 496 bytes in UTF-8: with code, status and line end that makes the 512 of RFC 5321 §4.5.3.1.5. */
  readonly text?: string | undefined;
  /** Ends the session after the reply. Default: false. */
  readonly disconnect?: boolean | undefined;
}

/** Refused for good. */
export interface Reject extends Refusal {
  readonly action: 'reject';
  /** 500 to 559. */
  readonly code?: number | undefined;
}

/** Not now; later it may pass. */
export interface Defer extends Refusal {
  readonly action: 'defer';
  /** 400 to 459. */
  readonly code?: number | undefined;
  /** How long to wait, in milliseconds. Default: whoever waits decides. */
  readonly retryAfterMs?: number | undefined;
}

/** Taken, but never delivered. The host keeps a durable record of it before it says that it took the message. */
export interface Discard extends Noting {
  readonly action: 'discard';
  /** For the record; one line. */
  readonly reason: string;
}

/** Taken, but set aside. The host stores it durably before it says that it took the message. */
export interface Quarantine extends Noting {
  readonly action: 'quarantine';
  /** For whoever looks through what was set aside; one line. */
  readonly reason: string;
  /** Which store. Default: the host's only one. */
  readonly store?: string | undefined;
}

/** Goes on with something changed; what may be changed is the hook's. */
export type Modify<Patch> = Noting & Patch & { readonly action: 'modify' };

/** Nothing against it: `proceed()`, or with what the hook wants to know: `proceed({ score: 2 })`. */
export function proceed(): Continue;
export function proceed<const Rest extends object>(rest: Rest): Rest & { readonly action: 'continue' };
export function proceed(rest?: object): Continue {
  return rest === undefined ? plain : { ...rest, action: 'continue' };
}
const plain: Continue = Object.freeze({ action: 'continue' });

/** Wanted: `accept()`, or for `command.auth` with whom it is: `accept({ identity: 'ada' })`. */
export function accept(): Accept;
export function accept<const Rest extends object>(rest: Rest): Rest & { readonly action: 'accept' };
export function accept(rest?: object): Accept {
  return { ...rest, action: 'accept' };
}

/** Refused for good: `reject({ text: 'Not here' })`. Code and status that are not given are the hook's. */
export function reject<const Rest extends object & Omit<Reject, 'action'>>(
  rest: Rest,
): Rest & { readonly action: 'reject' } {
  return { ...rest, action: 'reject' };
}

/** Not now: `defer({ text: 'Come back later' })`. Code and status that are not given are the hook's. */
export function defer<const Rest extends object & Omit<Defer, 'action'>>(
  rest: Rest,
): Rest & { readonly action: 'defer' } {
  return { ...rest, action: 'defer' };
}

/** Taken and not delivered: `discard({ reason: 'backscatter' })`. */
export function discard<const Rest extends object & Omit<Discard, 'action'>>(
  rest: Rest,
): Rest & { readonly action: 'discard' } {
  return { ...rest, action: 'discard' };
}

/** Taken and set aside: `quarantine({ reason: 'suspicious attachment' })`. */
export function quarantine<const Rest extends object & Omit<Quarantine, 'action'>>(
  rest: Rest,
): Rest & { readonly action: 'quarantine' } {
  return { ...rest, action: 'quarantine' };
}

/** Goes on with something changed: `modify({ headers: [{ op: 'add', name: 'X-Seen', value: 'yes' }] })`. */
export function modify<const Patch extends object>(patch: Patch): Patch & { readonly action: 'modify' } {
  return { ...patch, action: 'modify' };
}
