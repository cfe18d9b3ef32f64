import { once } from 'node:events';
import { callbackify } from 'node:util';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { definePlugin, factsOf, notesOf, Simple, type PluginManager } from 'plugboard';
import {
  accept,
  defer,
  emailHooks,
  mailAddr,
  modify,
  parseHeaders,
  proceed,
  reject,
  smtpServerHooks,
  type EmailHooks,
} from 'plugboard/email';
import { inProcess } from 'plugboard/transports';

type Answers = Parameters<typeof definePlugin<EmailHooks>>[0]['hooks'];

interface Running {
  readonly manager: PluginManager<EmailHooks>;
  readonly server: SMTPServer;
  readonly port: number;
  readonly taken: { readonly from: unknown; readonly to: readonly string[] }[];
}

let running: Running | undefined;
afterEach(async () => {
  if (running === undefined) return;
  const { server, manager } = running;
  await new Promise<void>((resolve) => void server.close(resolve));
  await manager.shutdown();
});

/** A server of somebody else's whose mail one plugin judges. */
async function serve(hooks: Answers): Promise<Running> {
  const manager: PluginManager<EmailHooks> = await Simple(emailHooks)
    .withPlugin('judge', inProcess(definePlugin<EmailHooks>({ name: 'judge', version: '1.0.0', hooks })))
    .build();
  const { handlers, complete } = smtpServerHooks(manager);
  const taken: Running['taken'] = [];
  const server = new SMTPServer({
    ...handlers,
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    hideSMTPUTF8: false,
    onData(stream, session, done) {
      const take = async (): Promise<void> => {
        const bytes = Buffer.concat(await stream.toArray());
        const text = bytes.toString('latin1');
        const message = { id: session.id, size: bytes.length };
        await complete(session, { message, headers: parseHeaders(text), lines: text.split('\n').length });
        const { mailFrom, rcptTo } = session.envelope;
        taken.push({ from: mailFrom && mailFrom.address, to: rcptTo.map(({ address }) => address) });
      };
      callbackify(take)(done);
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  running = { manager, server, port, taken };
  return running;
}

const mail = { from: 'ada@example.org', to: ['bob@example.com'], subject: 'Tea', text: 'At five.' };
const send = ({ port }: Running, more: object = {}): Promise<unknown> => {
  const transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true });
  return transport.sendMail({ ...mail, ...more }).finally(() => transport.close());
};
const ours: Answers = { 'transaction.rcptTo': () => accept() };

describe('a server of smtp-server with the hooks', () => {
  it('takes what plugins let through, and nobody is a recipient by accident', async () => {
    const host = await serve(ours);
    await send(host);
    expect(host.taken).toEqual([{ from: 'ada@example.org', to: ['bob@example.com'] }]);
    const closed = await serve({ 'connection.connect': () => proceed() });
    await expect(send(closed)).rejects.toMatchObject({ responseCode: 550 });
  });

  it.each([
    ['connection.connect', 554],
    ['transaction.mailFrom', 550],
    ['transaction.rcptTo', 550],
    ['message.messageComplete', 550],
  ] as const)('refuses with the reply of a plugin at %s', async (hook, responseCode) => {
    const refuse = (): ReturnType<typeof reject> => reject({ text: 'No tea\u00e4' });
    const host = await serve({ ...ours, [hook]: refuse });
    await expect(send(host)).rejects.toMatchObject({
      responseCode,
      response: expect.stringMatching(/ 5\.[17]\.1 No tea\?/) as string,
    });
    expect(host.taken).toEqual([]);
  });

  it('defers for a plugin that fails where the hook is closed', async () => {
    const host = await serve({
      ...ours,
      'transaction.mailFrom': () => {
        throw new Error('broken');
      },
    });
    await expect(send(host)).rejects.toMatchObject({ responseCode: 451 });
    const later = await serve({ ...ours, 'message.messageComplete': () => defer({}) });
    await expect(send(later)).rejects.toMatchObject({ responseCode: 451 });
  });

  it('takes another sender and another recipient', async () => {
    const host = await serve({
      'transaction.mailFrom': () => modify({ sender: mailAddr('bounce@example.org') }),
      'transaction.rcptTo': () => modify({ recipient: mailAddr('carol@example.com') }),
    });
    await expect(send(host)).rejects.toMatchObject({ responseCode: 550 }); // changed, but not accepted
    await host.manager.register(
      'ours',
      inProcess(definePlugin<EmailHooks>({ name: 'ours', version: '1.0.0', hooks: ours })),
    );
    await send(host);
    expect(host.taken).toEqual([{ from: 'bounce@example.org', to: ['carol@example.com'] }]);
  });

  it('tells what the client asked for with the sender', async () => {
    const asked: unknown[] = [];
    const host = await serve({
      ...ours,
      'transaction.mailFrom': ({ smtpUtf8, sender, session }) => {
        asked.push([smtpUtf8, sender.address, session.helo !== undefined]);
        return proceed();
      },
    });
    await send(host);
    await send(host, { from: 'ad\u00e4@example.org' });
    expect(asked).toEqual([
      [false, 'ada@example.org', true],
      [true, 'ad\u00e4@example.org', true],
    ]);
  });

  it('keeps facts and notes by session and transaction, and tells of its end', async () => {
    const seen: unknown[] = [];
    const ended = new Promise((resolve) => {
      void serve({
        'transaction.mailFrom': () => ({
          ...proceed(),
          notes: { session: { mails: 1 }, transaction: { mine: true } },
        }),
        'transaction.rcptTo': (_, context) => {
          seen.push(notesOf(context), factsOf<EmailHooks>(context));
          return accept();
        },
        'connection.disconnect': (request) => {
          resolve(request);
          return proceed();
        },
      }).then(send);
    });
    expect(await ended).toMatchObject({
      reason: 'quit',
      messages: 1,
      session: { remote: { ip: '127.0.0.1' } },
    });
    expect(seen).toEqual([{ session: { mails: 1 }, transaction: { mine: true } }, {}]);
  });
});
