import { randomUUID } from 'node:crypto';
import { isIPv6 } from 'node:net';

import { systemClock } from '../core/clock.ts';
import type { RequestOf } from '../core/contract.ts';
import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { RunOptions } from '../hooks/chain.ts';
import type { SaidOf } from '../hooks/combining.ts';
import { openScope, type Scope } from '../hooks/scope.ts';
import type { Verdict } from '../hooks/verdict.ts';
import { ActivePeers } from './active-peers.ts';
import { mailAddr, type MailAddr } from './address.ts';
import type { Defer, Reject } from './answers.ts';
import type { EmailHook, EmailHooks } from './hooks.ts';
import type { MessageCompleteAnswer, MessageCompleteRequest } from './message.ts';
import { isRefusal, replyOf, type RefusingHook } from './replies.ts';
import type { MailSession, MailTransaction } from './session.ts';

/** What the adapter needs of a `PluginManager<EmailHooks>`. */
export interface EmailHookRunner {
  run<K extends EmailHook>(
    hook: K,
    request: RequestOf<EmailHooks[K]>,
    options?: RunOptions,
  ): Said<K> | Promise<Said<K>>;
}
type Said<K extends EmailHook> = Verdict<RequestOf<EmailHooks[K]>, SaidOf<EmailHooks[K]>>;

/** An address as the package `smtp-server` has it. */
export interface SmtpServerAddress {
  address: string;
}

/** What is read of a session of the package `smtp-server`. */
export interface SmtpServerSession {
  readonly id: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly hostNameAppearsAs?: string | false;
  readonly user?: unknown;
  readonly tlsOptions?: false | { readonly name?: string; readonly version?: string };
  readonly envelope: {
    readonly mailFrom: false | SmtpServerAddress;
    readonly smtpUtf8?: boolean | undefined;
    readonly requireTLS?: boolean | undefined;
    readonly rcptTo: readonly SmtpServerAddress[];
  };
}

/** A message that `onData` has received, and wrote where plugins can read it. */
export type ReceivedMessage = Pick<MessageCompleteRequest, 'message' | 'headers' | 'lines'>;

type Done = (error?: Error | null) => void;

/** Handlers for the options of `new SMTPServer(…)`, and what is left to call for a message. */
export interface SmtpServerHooks {
  readonly handlers: {
    onConnect(session: SmtpServerSession, done: Done): void;
    onMailFrom(address: SmtpServerAddress, session: SmtpServerSession, done: Done): void;
    onRcptTo(address: SmtpServerAddress, session: SmtpServerSession, done: Done): void;
    onClose(session: SmtpServerSession): void;
  };
  /** Asks about a whole message, in `onData`. Rejects with the error that `onData`'s callback takes if it is refused. */
  readonly complete: (session: SmtpServerSession, message: ReceivedMessage) => Promise<MessageCompleteAnswer>;
}

/** What is known of a connection. */
interface Open {
  /** In milliseconds since 1970. */
  readonly startedAtMs: number;
  /** On the clock that never jumps. */
  readonly startedAt: number;
  readonly scope: Scope;
  transaction: (MailTransaction & { readonly scope: Scope }) | undefined;
  messages: number;
  isRefused: boolean;
}

/**
 * Lets the plugins of a manager judge what a server of the package `smtp-server` is told: connections, senders,
 * recipients, messages. `new SMTPServer({ ...smtpServerHooks(manager).handlers, onData })`. What plugins change of sender
 * and recipients is changed in the envelope.
 * @throws {PluginError} `CONFIG_1703` for what is no manager.
 */
export function smtpServerHooks(manager: EmailHookRunner): SmtpServerHooks {
  if (typeof manager === 'object' && manager !== null && typeof manager.run === 'function')
    return new Adapter(manager);
  const message = `smtpServerHooks needs a manager of the mail hooks; this is ${printable(manager)}. Give what Production(emailHooks)….build() resolves with.`;
  throw new PluginError('CONFIG_1703', { message });
}

class Adapter implements SmtpServerHooks {
  readonly #manager: EmailHookRunner;
  readonly #open = new Map<string, Open>();
  readonly #active = new ActivePeers();

  constructor(manager: EmailHookRunner) {
    this.#manager = manager;
  }

  readonly handlers: SmtpServerHooks['handlers'] = {
    onConnect: (session, done) => void answer(done, () => this.#connect(session)),
    onMailFrom: (address, session, done) => void answer(done, () => this.#mailFrom(address, session)),
    onRcptTo: (address, session, done) => void answer(done, () => this.#rcptTo(address, session)),
    onClose: (session) => this.#close(session),
  };

  readonly complete: SmtpServerHooks['complete'] = async (session, message) => {
    const { context, within, open } = this.#transactionOf(session);
    const recipients = session.envelope.rcptTo.map(({ address }) => mailAddr(address));
    const request = { ...context, ...message, recipients };
    const { answer: said } = await this.#manager.run('message.messageComplete', request, { within });
    refuse('message.messageComplete', said);
    open.messages++;
    return said;
  };

  async #connect(session: SmtpServerSession): Promise<void> {
    const open: Open = {
      startedAtMs: systemClock.date().getTime(),
      startedAt: systemClock.now(),
      scope: openScope('session'),
      transaction: undefined,
      messages: 0,
      isRefused: false,
    };
    this.#open.set(session.id, open);
    const request = { session: sessionOf(session, open), ...this.#active.add(session.remoteAddress) };
    const { answer: said } = await this.#manager.run('connection.connect', request, { within: open.scope });
    open.isRefused = isRefusal(said);
    refuse('connection.connect', said);
  }

  async #mailFrom(address: SmtpServerAddress, session: SmtpServerSession): Promise<void> {
    const open = this.#openOf(session);
    const transactionId = randomUUID();
    const within = openScope('transaction', open.scope);
    const request = {
      session: sessionOf(session, open),
      transactionId,
      sender: mailAddr(address.address),
      smtpUtf8: session.envelope.smtpUtf8 === true,
      requireTls: session.envelope.requireTLS === true,
    };
    const verdict = await this.#manager.run('transaction.mailFrom', request, { within });
    refuse('transaction.mailFrom', verdict.answer);
    const { sender } = verdict.request;
    address.address = sender.address;
    open.transaction = { id: transactionId, sender, scope: within };
  }

  async #rcptTo(address: SmtpServerAddress, session: SmtpServerSession): Promise<void> {
    const { context, within } = this.#transactionOf(session);
    const recipient: MailAddr = mailAddr(address.address);
    const acceptedCount = session.envelope.rcptTo.length;
    const request = { ...context, recipient, index: acceptedCount, acceptedCount };
    const verdict = await this.#manager.run('transaction.rcptTo', request, { within });
    refuse('transaction.rcptTo', verdict.answer);
    address.address = verdict.request.recipient.address;
  }

  #close(session: SmtpServerSession): void {
    const open = this.#open.get(session.id);
    if (open === undefined) return;
    this.#open.delete(session.id);
    this.#active.remove(session.remoteAddress);
    const request = {
      session: sessionOf(session, open),
      reason: open.isRefused ? ('rejected' as const) : ('quit' as const), // it does not say how else it ended
      durationMs: systemClock.now() - open.startedAt,
      bytesIn: 0, // nor does it count bytes
      bytesOut: 0,
      messages: open.messages,
    };
    // Nobody waits for it, and after a shutdown there is nobody to tell.
    void (async () => this.#manager.run('connection.disconnect', request, { within: open.scope }))().catch(
      () => {},
    );
  }

  #openOf(session: SmtpServerSession): Open {
    const open = this.#open.get(session.id);
    if (open === undefined) throw new Error('the session is not open');
    return open;
  }

  #transactionOf(session: SmtpServerSession) {
    const open = this.#openOf(session);
    if (open.transaction === undefined) throw new Error('there is no transaction');
    const { id, sender, scope: within } = open.transaction;
    return { open, within, context: { session: sessionOf(session, open), transaction: { id, sender } } };
  }
}

function sessionOf(session: SmtpServerSession, { startedAtMs }: Open): MailSession {
  const ip = session.remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  const { hostNameAppearsAs: helo, tlsOptions: tls, user } = session;
  return {
    id: session.id,
    remote: { ip, port: session.remotePort, family: isIPv6(ip) ? 6 : 4 },
    ...(typeof helo === 'string' && helo !== '' && { helo }),
    ...(tls && { tls: { protocol: tls.version ?? 'TLS', cipher: tls.name ?? 'unknown' } }),
    ...(typeof user === 'string' && { auth: { user, mechanism: 'unknown' } }),
    startedAtMs,
  };
}

/** @throws the error that smtp-server makes a reply of, if an answer refuses. */
function refuse(hook: RefusingHook, said: { readonly action: string } | Reject | Defer): void {
  if (!isRefusal(said)) return;
  const { code, enhanced, text } = replyOf(hook, said);
  throw Object.assign(new Error(`${enhanced} ${text}`), { responseCode: code });
}

async function answer(done: Done, ask: () => Promise<void>): Promise<void> {
  let problem: Error | undefined;
  try {
    await ask();
  } catch (error) {
    problem = responsible(error);
  }
  done(problem);
}

/** What this side did wrong is no reason to refuse a mail for good. */
function responsible(error: unknown): Error {
  const known = error instanceof Error ? error : new Error('Something went wrong here');
  return 'responseCode' in known
    ? known
    : Object.assign(new Error('4.3.0 Please try again later', { cause: known }), { responseCode: 451 });
}
