import type { NetConnectOpts } from 'node:net';
import { definePlugin, type Plugin } from 'plugboard';
import {
  openMessage,
  proceed,
  quarantine,
  reject,
  type AntivirusAnswer,
  type EmailHooks,
} from 'plugboard/email';
import { z } from 'zod';
import { read, size } from '../settings.ts';
import { ping, scan } from './clamd.ts';

const settingsSchema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(1).max(65_535).default(3310),
  /** The path of clamd's socket, instead of host and port. */
  socket: z.string().optional(),
  /** What becomes of infected messages. */
  infected: z.enum(['reject', 'quarantine']).default('reject'),
  /** The largest message that clamd takes: its StreamMaxLength. Beyond that it breaks off in the middle. */
  maxSize: size.default(25_000_000),
  /** What becomes of messages that are larger. */
  tooLarge: z.enum(['reject', 'pass']).default('reject'),
});
type Settings = z.output<typeof settingsSchema>;

/** Lets ClamAV look at each message. While clamd cannot be reached, calls fail: the hook is closed for them. */
export function clamav(): Plugin<Partial<EmailHooks>> {
  let settings = read(settingsSchema, undefined);
  const configure = (config: unknown): void => void (settings = read(settingsSchema, config));
  return definePlugin<EmailHooks>({
    name: 'clamav',
    version: '1.0.0',
    initialize: ({ config }) => configure(config),
    configure,
    // Not unhealthy: a new start of this plugin would not bring clamd back.
    async health() {
      const answers = await ping(placeOf(settings), AbortSignal.timeout(2000)).catch(() => false);
      return answers ? 'healthy' : { status: 'degraded', message: 'clamd does not answer' };
    },
    hooks: {
      async 'content.antivirusScan'({ message, maxBytes }, context): Promise<AntivirusAnswer> {
        if (message.size > Math.min(maxBytes, settings.maxSize)) return oversized(settings);
        const stream = openMessage(message, context) as AsyncIterable<Uint8Array>;
        const found = await scan(placeOf(settings), stream, context.signal);
        if (found.is === 'clean') return proceed();
        if (found.is === 'tooLarge') return oversized(settings);
        const { signature } = found;
        if (settings.infected === 'quarantine')
          return quarantine({ reason: `infected with ${signature}`, signature });
        return reject({ code: 554, enhanced: '5.7.1', text: `Infected with ${signature}`, signature });
      },
    },
  });
}

function placeOf({ host, port, socket }: Settings): NetConnectOpts {
  return socket === undefined ? { host, port } : { path: socket };
}

function oversized({ tooLarge }: Settings): AntivirusAnswer {
  if (tooLarge === 'pass') return proceed();
  return reject({ code: 552, enhanced: '5.3.4', text: 'Too large to be scanned' });
}
