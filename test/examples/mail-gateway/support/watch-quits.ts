import type { SMTPServer, SMTPServerSession } from 'smtp-server';
import type { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';

/** Tells when a client of a server says QUIT, before it is answered. */
export function watchQuits(server: SMTPServer, onQuit: (session: SMTPServerSession) => void): void {
  server.connections = new Watched((connection) => {
    const quit = connection.handler_QUIT.bind(connection);
    connection.handler_QUIT = (command, done) => {
      onQuit(connection.session);
      quit(command, done);
    };
  });
}

class Watched extends Set<SMTPConnection> {
  readonly #onAdd: (connection: SMTPConnection) => void;

  constructor(onAdd: (connection: SMTPConnection) => void) {
    super();
    this.#onAdd = onAdd;
  }

  override add(connection: SMTPConnection): this {
    this.#onAdd(connection);
    return super.add(connection);
  }
}
