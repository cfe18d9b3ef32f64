import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** An SMTP client that says what a test tells it to, line by line. */
export class Client implements Disposable {
  #socket: Socket;
  #received = '';
  #wake: (() => void) | undefined;
  #isOver = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  /** Connects; the greeting is not read yet. */
  static async connect(port: number): Promise<Client> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Client(socket);
  }

  /** Connects, reads the greeting and says EHLO. */
  static async hello(port: number, name = 'client.example.org'): Promise<Client> {
    const client = await Client.connect(port);
    await client.reply();
    await client.say(`EHLO ${name}`);
    return client;
  }

  /** The next reply, all its lines; undefined when the server has hung up. */
  async reply(): Promise<string | undefined> {
    for (;;) {
      const whole = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(this.#received)?.[0];
      if (whole !== undefined) {
        this.#received = this.#received.slice(whole.length);
        return whole.trimEnd();
      }
      if (this.#isOver) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Sends lines at once, and gives the next reply. */
  say(...lines: readonly string[]): Promise<string | undefined> {
    this.write(lines.map((line) => `${line}\r\n`).join(''));
    return this.reply();
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  /** Goes on in TLS, after 220. */
  async secure(): Promise<void> {
    this.#socket.removeAllListeners();
    const secure = connectTls({ socket: this.#socket, rejectUnauthorized: false });
    await once(secure, 'secureConnect');
    this.#socket = secure;
    this.#listen();
  }

  /** A whole message; gives the last reply, or the first that is no consent. */
  async send(
    from: string,
    to: readonly string[],
    text = 'Subject: hello\r\n\r\nHello.',
  ): Promise<string | undefined> {
    const steps = [`MAIL FROM:<${from}>`, ...to.map((one) => `RCPT TO:<${one}>`), 'DATA', `${text}\r\n.`];
    let said: string | undefined;
    for (const step of steps) {
      said = await this.say(step);
      if (said === undefined || said >= '4') return said;
    }
    return said;
  }

  /** Everything that is yet to come until the server hangs up. */
  async rest(): Promise<string[]> {
    const replies: string[] = [];
    for (let one = await this.reply(); one !== undefined; one = await this.reply()) replies.push(one);
    return replies;
  }

  /** Hangs up without a word. */
  hangUp(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.hangUp();
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
      this.#wake?.();
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#isOver = true;
      this.#wake?.();
    });
  }
}
