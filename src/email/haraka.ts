import { systemClock } from '../core/clock.ts';
import type { RequestOf } from '../core/contract.ts';
import type { RunOptions } from '../hooks/chain.ts';
import { openScope, type Scope } from '../hooks/scope.ts';
import { ActivePeers } from './active-peers.ts';
import type { MailAddr } from './address.ts';
import { defer, proceed, type Defer, type Reject } from './answers.ts';
import { changeHeader, spool } from './haraka-message.ts';
import type {
  HarakaAddress,
  HarakaConnection,
  HarakaNext,
  HarakaPath,
  HarakaPlugin,
  HarakaTransaction,
} from './haraka-parts.ts';
import { addressOf, endReason, resetReason, sessionOf } from './haraka-session.ts';
import { parseHeaders } from './header-block.ts';
import { headerChanges } from './header-changes.ts';
import type { EmailHook, EmailHooks } from './hooks.ts';
import { isRefusal, replyOf, type RefusingHook } from './replies.ts';
import type { EmailHookRunner } from './smtp-server.ts';

/** What a plugin of Haraka exports. */
export interface HarakaHooks {
  register(this: HarakaPlugin): void;
}

type Told = { readonly action: string } | Reject | Defer;

/** What is known of a connection. */
interface Session {
  readonly ip: string;
  /** On the clock that never jumps. */
  readonly startedAt: number;
  readonly active: ReturnType<ActivePeers['add']>;
  readonly scope: Scope;
}

/** What is known of a transaction. */
interface Mail {
  readonly options: Required<Pick<RunOptions, 'within' | 'signal'>>;
  /** Ends what is still done for it when it is over. */
  readonly over: AbortController;
  /** Who gets the message too if a recipient is taken in the end. */
  readonly alsoTo: Map<HarakaAddress, readonly HarakaAddress[]>;
}

/**
 * A plugin of Haraka that lets the plugins of a manager judge connections, HELO and EHLO, senders, recipients and
 * messages: `export const { register } = harakaHooks(Production(emailHooks)….build())`. Haraka listens when the manager
 * is there, and does not start without it. What goes wrong on this side is deferred, and so is a message that plugins
 * discard or set aside: Haraka has no place for it.
 */
export function harakaHooks(manager: Promise<EmailHookRunner>): HarakaHooks {
  manager.catch(() => {}); // Haraka says it when it starts
  const adapter = new Adapter(manager);
  return {
    register() {
      for (const [hook, method] of Object.entries(adapter.hooks)) {
        Object.assign(this, { [`plugboard_${hook}`]: method });
        this.register_hook(hook, `plugboard_${hook}`);
      }
    },
  };
}

class Adapter {
  readonly #manager: Promise<EmailHookRunner>;
  readonly #active = new ActivePeers();
  readonly #sessions = new WeakMap<HarakaConnection, Session>();
  readonly #mails = new WeakMap<HarakaTransaction, Mail>();

  constructor(manager: Promise<EmailHookRunner>) {
    this.#manager = manager;
  }

  readonly hooks = {
    init_master: (next: HarakaNext): void => void this.#begin(next),
    init_child: (next: HarakaNext): void => void this.#begin(next),
    connect: judge('connection.connect', (connection) => this.#connect(connection)),
    helo: judge<string>('command.helo', (connection, name) => this.#hello('command.helo', connection, name)),
    ehlo: judge<string>('command.ehlo', (connection, name) => this.#hello('command.ehlo', connection, name)),
    mail: judge<HarakaPath>('transaction.mailFrom', (connection, path) => this.#sender(connection, path)),
    rcpt: judge<HarakaPath>('transaction.rcptTo', (connection, path) => this.#recipient(connection, path)),
    data_post: judge('message.messageComplete', (connection) => this.#message(connection)),
    reset_transaction: tell((connection) => this.#reset(connection)),
    disconnect: tell((connection) => this.#disconnect(connection)),
  };

  async #begin(next: HarakaNext): Promise<void> {
    const problem = await this.#manager.then(
      () => undefined,
      (error: unknown) => String(error),
    );
    if (problem === undefined) next();
    else next(values.deny, problem);
  }

  async #connect(connection: HarakaConnection): Promise<Told> {
    const { active, scope } = this.#sessionOf(connection);
    return (
      await this.#run('connection.connect', { session: sessionOf(connection), ...active }, { within: scope })
    ).answer;
  }

  async #hello(
    hook: 'command.helo' | 'command.ehlo',
    connection: HarakaConnection,
    hostname: string,
  ): Promise<Told> {
    const isLiteral = hostname.startsWith('[');
    const asked = { session: sessionOf(connection), hostname, isLiteral, extensions: [] };
    return (await this.#run(hook, asked, { within: this.#sessionOf(connection).scope })).answer;
  }

  async #sender(connection: HarakaConnection, [address, params]: HarakaPath): Promise<Told> {
    const { transaction, mail, context } = this.#mailOf(connection);
    const sender = addressOf(address, params);
    const { session } = context;
    const { SIZE: size } = params;
    const asked = {
      session,
      transactionId: transaction.uuid,
      sender,
      ...(size && /^\d{1,15}$/.test(size) && { declaredSize: Number(size) }),
      smtpUtf8: 'SMTPUTF8' in params,
      requireTls: 'REQUIRETLS' in params,
    };
    const { answer, request } = await this.#run('transaction.mailFrom', asked, mail.options);
    const given = request.sender.address;
    if (given !== sender.address) transaction.mail_from = new address.constructor(`<${given}>`);
    return answer;
  }

  async #recipient(connection: HarakaConnection, [address, params]: HarakaPath): Promise<Told> {
    const { transaction, mail, context } = this.#mailOf(connection);
    const { accept, tempfail, reject } = transaction.rcpt_count;
    const recipient = addressOf(address, params);
    const asked = { ...context, recipient, index: accept + tempfail + reject, acceptedCount: accept };
    const { answer, by, request } = await this.#run('transaction.rcptTo', asked, mail.options);
    const like = (to: MailAddr): HarakaAddress => new address.constructor(`<${to.address}>`);
    const to = request.recipient.address === recipient.address ? address : like(request.recipient);
    transaction.rcpt_to.splice(-1, 1, to);
    mail.alsoTo.set(to, (request.alsoTo ?? []).map(like));
    // Haraka refuses too whom nobody knows, but its other plugins may know, and who has logged in may relay.
    return by === undefined ? proceed() : answer;
  }

  async #message(connection: HarakaConnection): Promise<Told> {
    const { transaction, mail, context } = this.#mailOf(connection);
    transaction.rcpt_to.push(...transaction.rcpt_to.flatMap((to) => mail.alsoTo.get(to) ?? []));
    await using spooled = await spool(transaction, mail.options.signal);
    const { file, size, lines } = spooled;
    const headers = parseHeaders(transaction.header.header_list.join(''));
    const recipients = transaction.rcpt_to.map((to) => addressOf(to));
    const asked = { ...context, message: { id: transaction.uuid, size, file }, headers, recipients, lines };
    const verdict = await this.#run('message.messageComplete', asked, mail.options);
    const { action } = verdict.answer;
    if (action === 'discard' || action === 'quarantine') throw new Error(`Haraka cannot do '${action}'`);
    changeHeader(transaction, headerChanges(verdict));
    return verdict.answer;
  }

  async #reset(connection: HarakaConnection): Promise<void> {
    if (connection.transaction === null || !this.#mails.has(connection.transaction)) return;
    const { context, mail } = this.#mailOf(connection);
    mail.over.abort();
    await this.#run(
      'transaction.reset',
      { ...context, reason: resetReason(connection) },
      { within: mail.options.within },
    );
  }

  async #disconnect(connection: HarakaConnection): Promise<void> {
    const session = this.#sessions.get(connection);
    if (session === undefined) return;
    this.#sessions.delete(connection);
    this.#active.remove(session.ip);
    const asked = {
      session: sessionOf(connection),
      reason: endReason(connection),
      durationMs: systemClock.now() - session.startedAt,
      bytesIn: connection.totalbytes,
      bytesOut: 0, // it counts only messages
      messages: connection.msg_count.accept,
    };
    await this.#run('connection.disconnect', asked, { within: session.scope });
  }

  async #run<K extends EmailHook>(hook: K, request: RequestOf<EmailHooks[K]>, options: RunOptions) {
    return await (await this.#manager).run(hook, request, options);
  }

  #sessionOf(connection: HarakaConnection): Session {
    const known = this.#sessions.get(connection);
    if (known !== undefined) return known;
    const { ip } = connection.remote;
    const active = this.#active.add(ip);
    const session = { ip, active, startedAt: systemClock.now(), scope: openScope('session') };
    this.#sessions.set(connection, session);
    return session;
  }

  #mailOf(connection: HarakaConnection) {
    const { transaction } = connection;
    if (transaction === null) throw new Error('there is no transaction');
    const { scope } = this.#sessionOf(connection);
    const mail = this.#mails.get(transaction) ?? openMail(scope);
    this.#mails.set(transaction, mail);
    const told = { id: transaction.uuid, sender: addressOf(transaction.mail_from) };
    return { transaction, mail, context: { session: sessionOf(connection), transaction: told } };
  }
}

function openMail(session: Scope): Mail {
  const over = new AbortController();
  const options = { within: openScope('transaction', session), signal: over.signal };
  return { options, over, alsoTo: new Map() };
}

/** Return values of Haraka's hooks. */
const values = { cont: 900, deny: 902, denySoft: 903, denyDisconnect: 904, ok: 906, denySoftDisconnect: 909 };

/** Haraka takes a throw for a yes, so whatever goes wrong is a deferral here. */
function judge<Params>(
  hook: RefusingHook,
  ask: (connection: HarakaConnection, params: Params) => Promise<Told>,
) {
  const settled = async (next: HarakaNext, connection: HarakaConnection, params: Params): Promise<void> => {
    const told = await ask(connection, params).catch((error: unknown) => {
      connection.logerror(`${hook}: ${String(error)}`);
      return defer({});
    });
    next(...saidOf(hook, told));
  };
  return (next: HarakaNext, connection: HarakaConnection, params: Params): void =>
    void settled(next, connection, params);
}

/** Nobody waits for what is only told, and after a shutdown there is nobody to tell. */
function tell(ask: (connection: HarakaConnection) => Promise<void>) {
  return (next: HarakaNext, connection: HarakaConnection): void => {
    ask(connection).catch(() => {});
    next();
  };
}

/** Haraka takes code and text of a reply from an object whose class has this name. */
class DSN {
  readonly code: number;
  readonly reply: string;

  constructor(code: number, reply: string) {
    this.code = code;
    this.reply = reply;
  }

  /** For its log. */
  toString(): string {
    return this.reply;
  }
}

function saidOf(hook: RefusingHook, told: Told): Parameters<HarakaNext> {
  if (!isRefusal(told))
    return [hook === 'transaction.rcptTo' && told.action === 'accept' ? values.ok : values.cont];
  const { code, enhanced, text } = replyOf(hook, told);
  const isLast = told.disconnect === true || code === 421; // RFC 5321 §4.2.1: 421 ends the session
  const [deny, denyAndEnd] =
    code >= 500 ? [values.deny, values.denyDisconnect] : [values.denySoft, values.denySoftDisconnect];
  return [isLast ? denyAndEnd : deny, new DSN(code, `${enhanced} ${text}`)];
}
