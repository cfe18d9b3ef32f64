import type { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import { troubleHere, type Refusal } from './refusal.ts';

/** What smtp-server has no handler for. Each may refuse. */
export interface CommandHandlers {
  /** HELO or EHLO; of EHLO with the extensions that are about to be told. It may give others. */
  onHello(
    hostname: string,
    extensions: readonly string[] | undefined,
  ): Promise<Refusal | readonly string[] | undefined>;
  /** STARTTLS, before it is agreed to. */
  onStartTls(): Promise<Refusal | undefined>;
  /** DATA, before the client is told to go ahead. */
  onBeforeData(): Promise<Refusal | undefined>;
  /** XCLIENT has made another client of it. */
  onOtherClient(): Promise<Refusal | undefined>;
  onReset(): void;
  /** QUIT, or a 421 of smtp-server's own. */
  onGoodbye(reason: 'quit' | 'timeout'): void;
}

type Send = SMTPConnection['send'];
type Command =
  | 'handler_EHLO'
  | 'handler_HELO'
  | 'handler_STARTTLS'
  | 'handler_DATA'
  | 'handler_RSET'
  | 'handler_QUIT'
  | 'handler_XCLIENT';

/**
 * Puts hooks before the commands of one connection. smtp-server looks its handlers up on the connection, so that they
 * can be replaced there and nowhere else; that is not documented, so its version is pinned and this is tested.
 */
export function wrapConnection(connection: SMTPConnection, handlers: CommandHandlers): void {
  sendOwnStatus(connection, handlers);
  askAtHello(connection, 'handler_EHLO', handlers);
  askAtHello(connection, 'handler_HELO', handlers);
  askBefore(connection, 'handler_STARTTLS', (command) =>
    // The server itself answers what is wrong about the command.
    connection.secure || command.trim().includes(' ') ? Promise.resolve(undefined) : handlers.onStartTls(),
  );
  askBefore(connection, 'handler_DATA', () =>
    connection.session.envelope.rcptTo.length === 0 ? Promise.resolve(undefined) : handlers.onBeforeData(),
  );
  tellOf(connection, 'handler_RSET', () => handlers.onReset());
  tellOf(connection, 'handler_QUIT', () => handlers.onGoodbye('quit'));
  askAfterXclient(connection, handlers);
}

/** Text that begins with an enhanced status gets no other one; a timeout is told of. */
function sendOwnStatus(connection: SMTPConnection, handlers: CommandHandlers): void {
  const send: Send = connection.send.bind(connection);
  connection.send = (code, data, context) => {
    if (code === 421 && typeof data === 'string' && data.startsWith('Timeout')) handlers.onGoodbye('timeout');
    const hasOwn = typeof data === 'string' && /^[245]\.\d{1,3}\.\d{1,3} /.test(data);
    send(code, data, hasOwn ? false : context);
  };
}

function askBefore(
  connection: SMTPConnection,
  name: Command,
  ask: (command: string) => Promise<Refusal | undefined>,
): void {
  const original = connection[name].bind(connection);
  connection[name] = (command, done) => {
    void goOn(connection, ask(command.toString()), done, (refusal) => {
      if (refusal === undefined) return original(command, done);
      refuse(connection, refusal);
      done();
    });
  };
}

function tellOf(connection: SMTPConnection, name: Command, tell: () => void): void {
  const original = connection[name].bind(connection);
  connection[name] = (command, done) => {
    tell();
    original(command, done);
  };
}

/** The reply is made first, for its extensions, and sent when the hook has seen it. */
function askAtHello(
  connection: SMTPConnection,
  name: 'handler_EHLO' | 'handler_HELO',
  handlers: CommandHandlers,
): void {
  const original = connection[name].bind(connection);
  connection[name] = (command, done) => {
    const [code, data, context] = captured(connection, () => original(command, () => undefined));
    if (code !== 250) {
      connection.send(code, data, context);
      return done();
    }
    const [greeting, ...extensions] = Array.isArray(data) ? data : [data ?? ''];
    const isEhlo = name === 'handler_EHLO';
    const hostname = command.toString().trim().split(/\s+/)[1] ?? '';
    void goOn(connection, handlers.onHello(hostname, isEhlo ? extensions : undefined), done, (said) => {
      if (said instanceof Error) {
        connection.hostNameAppearsAs = false;
        refuse(connection, said);
      } else connection.send(250, isEhlo ? [greeting ?? '', ...(said ?? extensions)] : data, context);
      done();
    });
  };
}

/** What a command would send. */
function captured(connection: SMTPConnection, command: () => void): Parameters<Send> {
  const send = connection.send.bind(connection);
  let sent: Parameters<Send> = [250];
  connection.send = (...args) => void (sent = args);
  try {
    command();
  } finally {
    connection.send = send;
  }
  return sent;
}

/** XCLIENT greets anew; not before the other client was asked about. */
function askAfterXclient(connection: SMTPConnection, handlers: CommandHandlers): void {
  const original = connection.handler_XCLIENT.bind(connection);
  connection.handler_XCLIENT = (command, done) => {
    const send = connection.send.bind(connection);
    let greeting: Parameters<Send> | undefined;
    connection.send = (...args) => void (args[0] === 220 ? (greeting = args) : send(...args));
    original(command, () => {
      connection.send = send;
      const held = greeting;
      if (held === undefined) return done();
      void goOn(connection, handlers.onOtherClient(), done, (refusal) => {
        if (refusal === undefined) send(...held);
        else refuse(connection, refusal, true);
        done();
      });
    });
  };
}

/** Goes on when a hook has answered, unless the client is gone. */
async function goOn<T>(
  connection: SMTPConnection,
  answer: Promise<T>,
  done: () => void,
  next: (answer: T) => void,
): Promise<void> {
  try {
    const said = await answer;
    if (isOpen(connection)) next(said);
    else done();
  } catch {
    refuse(connection, troubleHere());
    done();
  }
}

function refuse(connection: SMTPConnection, refusal: Refusal, isOver = refusal.disconnect): void {
  connection.send(refusal.responseCode, refusal.message);
  if (isOver) connection.close();
}

function isOpen({ _closed: isClosed, _closing: isClosing }: SMTPConnection): boolean {
  return !isClosed && !isClosing;
}
