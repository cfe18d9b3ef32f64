import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createTransport } from 'nodemailer';
import type { Contender } from '../measure/race.ts';

/** Mails that are under way at once, each over a connection that is kept. */
const connections = 16;

const built = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Plugins with ten hooks between the greeting and the last byte; each has an answer to every mail. */
const plugins: readonly { readonly name: string; readonly config?: object }[] = [
  { name: 'access-list', config: { file: 'access.txt' } }, // connect, mailFrom, rateLimitCheck
  { name: 'helo-check' }, // helo, ehlo
  { name: 'rate-limiter', config: { limits: {} } }, // rateLimitCheck
  { name: 'rcpt-domains', config: { domains: ['example.com'] } }, // rcptTo
  { name: 'header-stamp', config: { add: { 'X-Seen-By': '{ip}' } } }, // headers
  { name: 'content-policy' }, // body
  { name: 'mail-metrics', config: { port: 0 } }, // metricsCollect
];

/** A server in a process of its own that mails are sent to. */
export interface MailServer extends Contender {
  close(): Promise<void>;
}

/** The SMTP server's library by itself: it reads mails and forgets them. */
export function smtpAlone(name: string): Promise<MailServer> {
  return started(name, [built('bench/programs/smtp-alone.js')], '.');
}

/** The gateway: hooks, and each mail on the disk before it is taken. */
export async function mailGateway(
  name: string,
  where: 'none' | 'in-process' | 'children',
): Promise<MailServer> {
  const folder = await mkdtemp(join(tmpdir(), 'plugboard-bench-'));
  const program = built('examples/mail-gateway/plugins/run.js');
  const apart = (plugin: string): object =>
    where === 'children' ? { command: process.execPath, args: [program, plugin] } : {};
  const file = {
    gateway: {
      folder: join(folder, 'data'),
      listen: { port: 0 },
      routes: [{ domains: ['example.com'], to: `maildir:${join(folder, 'mailboxes')}` }],
    },
    ...(where !== 'none' && { plugins: plugins.map((plugin) => ({ ...plugin, ...apart(plugin.name) })) }),
  };
  await writeFile(join(folder, 'access.txt'), '');
  await writeFile(join(folder, 'gateway.yaml'), JSON.stringify(file));
  const main = built('examples/mail-gateway/main.js');
  const server = await started(name, [main, join(folder, 'gateway.yaml')], folder);
  const close = async (): Promise<void> => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...server, close };
}

async function started(name: string, args: readonly string[], cwd: string): Promise<MailServer> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  const port = await new Promise<number>((resolve, reject) => {
    const lines = createInterface(child.stdout);
    lines.on('line', (line) => {
      const found = /listens on [\d.]+:(\d+)/.exec(line)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    lines.on('close', () => reject(new Error(`${name} did not start`)));
  });
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    pool: true,
    maxConnections: connections,
    maxMessages: Infinity,
    ignoreTLS: true,
  });
  const mail = {
    from: 'ada@example.org',
    to: 'bob@example.com',
    subject: 'Hello',
    text: 'Hello. '.repeat(300),
  };
  return {
    name,
    run: async (calls) =>
      void (await Promise.all(Array.from({ length: calls }, () => transport.sendMail(mail)))),
    async close() {
      transport.close();
      const ended = new Promise((resolve) => void child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}
