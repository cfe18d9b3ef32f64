// Sends one mail, as any client would: `node send.js --port 2525 --from ada@example.org --to bob@example.com`.
import { parseArgs } from 'node:util';
import { createTransport } from 'nodemailer';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: { port: text, from: text, to: text, subject: text, text: text, helo: text },
});
const {
  port = '2525',
  from = 'ada@example.org',
  to = 'bob@example.com',
  helo = 'client.example.org',
} = values;

const transport = createTransport({
  host: '127.0.0.1',
  port: Number(port),
  name: helo,
  tls: { rejectUnauthorized: false },
});
try {
  const { response } = await transport.sendMail({
    from,
    to,
    subject: values.subject ?? 'Hello',
    text: values.text ?? 'Hello from a stranger.',
  });
  process.stdout.write(`${response}\n`);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
