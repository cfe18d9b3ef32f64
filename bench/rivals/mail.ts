import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';

/** A mail server in a process of its own, with clients that stay connected. */
export interface MailServer {
  /** Sends so many messages over all connections. */
  send(messages: number): Promise<void>;
  close(): void;
}

const message = `From: ada@example.org\r\nSubject: hello\r\n\r\n${'Some words of a letter.\r\n'.repeat(40)}.\r\n`;

/** Starts a program that prints where it listens, and connects so many clients. */
export async function mailServer(
  program: URL,
  args: readonly string[],
  clients: number,
): Promise<MailServer> {
  const child = spawn(process.execPath, [program.pathname, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    // Read on to the end: a program whose output nobody reads would stop.
    child.stdout.on('data', (chunk: Buffer) => {
      const found = /127\.0\.0\.1:(\d+)/.exec(chunk.toString())?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.once('exit', () => reject(new Error(`${program.pathname} ended before it listened`)));
  });
  const sockets = await Promise.all(Array.from({ length: clients }, () => greeted(port)));
  return {
    async send(messages) {
      let left = messages;
      await Promise.all(
        sockets.map(async (socket) => {
          while (left-- > 0) await sendOne(socket);
        }),
      );
    },
    close() {
      for (const socket of sockets) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}

async function greeted(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  await replies(socket, 1);
  socket.write('EHLO client.example.org\r\n');
  await replies(socket, 1);
  return socket;
}

async function sendOne(socket: Socket): Promise<void> {
  socket.write('MAIL FROM:<ada@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n');
  await replies(socket, 3);
  socket.write(message);
  const last = await replies(socket, 1);
  if (!last.startsWith('250 ')) throw new Error(`a message was not taken: ${last}`);
}

/** Waits for so many replies; gives the last. */
async function replies(socket: Socket, count: number): Promise<string> {
  let text = '';
  for (;;) {
    const whole = text.match(/^\d{3} .*\r\n/gm) ?? [];
    if (whole.length >= count) return whole.at(-1) ?? '';
    text += await nextOf(socket);
  }
}

function nextOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(new Error('the server hung up'));
    socket.once('close', end);
    socket.once('data', (chunk: Buffer) => {
      socket.off('close', end);
      resolve(chunk.toString('latin1'));
    });
  });
}
