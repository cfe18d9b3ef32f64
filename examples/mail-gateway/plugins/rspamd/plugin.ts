import { definePlugin, type Plugin } from 'plugboard';
import { proceed, readMessage, type EmailHooks, type MessageContext } from 'plugboard/email';
import { z } from 'zod';
import { read, size } from '../settings.ts';
import { answerTo } from './answer.ts';
import { replySchema } from './reply.ts';

const settingsSchema = z.strictObject({
  /** Rspamd's normal worker, or its proxy with `milter = no`. */
  url: z.url().default('http://127.0.0.1:11333'),
  password: z.string().optional(),
  /** Larger messages are not looked at: spam is small, and all of it is held in memory. */
  maxSize: size.default(10_000_000),
});

/** Lets Rspamd score each message. */
export function rspamd(): Plugin<Partial<EmailHooks>> {
  let settings = read(settingsSchema, undefined);
  const configure = (config: unknown): void => void (settings = read(settingsSchema, config));
  return definePlugin<EmailHooks>({
    name: 'rspamd',
    version: '1.0.0',
    initialize: ({ config }) => configure(config),
    configure,
    // Not unhealthy: a new start of this plugin would not bring Rspamd back.
    async health() {
      const asked = fetch(new URL('/ping', settings.url), { signal: AbortSignal.timeout(2000) });
      const answers = await asked.then(({ ok }) => ok).catch(() => false);
      return answers ? 'healthy' : { status: 'degraded', message: 'Rspamd does not answer' };
    },
    hooks: {
      async 'content.antispamScan'(request, context) {
        const { url, password, maxSize } = settings;
        if (request.message.size > maxSize) return proceed();
        const body = await readMessage(request.message, context, maxSize);
        const headers = { ...aboutOf(request), ...(password !== undefined && { Password: password }) };
        const { signal } = context;
        const response = await fetch(new URL('/checkv2', url), { method: 'POST', headers, body, signal });
        if (!response.ok) throw new Error(`Rspamd answers ${response.status}`);
        return answerTo(replySchema.parse(await response.json()));
      },
    },
  });
}

/** What Rspamd wants to know of a message besides its bytes. */
function aboutOf({ session, transaction }: MessageContext): Readonly<Record<string, string>> {
  const { remote, helo, auth } = session;
  return {
    From: inBytes(transaction.sender.address),
    IP: remote.ip,
    'Queue-Id': transaction.id,
    ...(helo !== undefined && { Helo: inBytes(helo) }),
    ...(remote.ptr !== undefined && { Hostname: inBytes(remote.ptr) }),
    ...(auth !== undefined && { User: inBytes(auth.user) }),
  };
}

/** HTTP headers hold bytes: one character for each of UTF-8, and none that would end the line. */
function inBytes(text: string): string {
  return Buffer.from(text.replaceAll(/\p{Cc}/gu, '')).toString('latin1');
}
