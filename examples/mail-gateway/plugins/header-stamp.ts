import { definePlugin, type Plugin } from 'plugboard';
import { modify, proceed, type EmailHooks, type HeaderOp } from 'plugboard/email';
import { z } from 'zod';
import { read } from './settings.ts';

const settingsSchema = z.strictObject({
  /** Fields to add, by name. In a value `{id}`, `{ip}`, `{helo}` and `{user}` are filled in. */
  add: z.record(z.string(), z.string()).default({}),
  /** Names of fields that only this server may set: what comes in with them loses them. */
  remove: z.array(z.string()).default([]),
});

/** Adds fields to each message, and takes those away that nobody else may set. */
export function headerStamp(): Plugin<Partial<EmailHooks>> {
  let settings = read(settingsSchema, undefined);
  const configure = (config: unknown): void => void (settings = read(settingsSchema, config));
  return definePlugin<EmailHooks>({
    name: 'header-stamp',
    version: '1.0.0',
    initialize: ({ config }) => configure(config),
    configure,
    hooks: {
      'message.headers'({ session, transaction }) {
        const values: Readonly<Record<string, string | undefined>> = {
          id: transaction.id,
          ip: session.remote.ip,
          helo: session.helo,
          user: session.auth?.user,
        };
        const fill = (text: string): string =>
          text.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => values[name] ?? '-');
        const headers: HeaderOp[] = [
          ...settings.remove.map((name) => ({ op: 'remove', name }) as const),
          ...Object.entries(settings.add).map(
            ([name, text]) => ({ op: 'add', name, value: fill(text) }) as const,
          ),
        ];
        return headers.length === 0 ? proceed() : modify({ headers });
      },
    },
  });
}
