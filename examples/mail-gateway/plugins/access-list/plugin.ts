import { definePlugin, type Plugin } from 'plugboard';
import { accept, proceed, reject, type EmailHooks } from 'plugboard/email';
import { z } from 'zod';
import { hotFile, type HotFile } from '../hot-file.ts';
import { read } from '../settings.ts';
import { parseRules, ruleFor, type Rule, type Subject } from './rules.ts';

const settingsSchema = z.strictObject({
  /** The list; it is read again whenever it changes. */
  file: z.string(),
});

/** Lets in and keeps out by a list of addresses, networks, domains and patterns in a file. */
export function accessList(): Plugin<Partial<EmailHooks>> {
  let list: HotFile<readonly Rule[]> | undefined;
  const actionFor = (subject: Subject): Rule['action'] | undefined =>
    ruleFor(list?.content ?? [], subject)?.action;
  const refused = reject({ code: 554, enhanced: '5.7.1', text: 'Your address is on our deny list' });
  return definePlugin<EmailHooks>({
    name: 'access-list',
    version: '1.0.0',
    async initialize({ config, log }) {
      list = await hotFile(read(settingsSchema, config).file, parseRules, log);
    },
    close: () => list?.close(),
    hooks: {
      'connection.connect'({ session }) {
        const action = actionFor({ ip: session.remote.ip });
        if (action === 'deny') return refused;
        return action === 'allow' ? accept() : proceed();
      },
      'transaction.mailFrom'({ sender }) {
        const denied = actionFor({ address: sender.address.toLowerCase() }) === 'deny';
        return denied ? reject({ text: 'Your domain is on our deny list' }) : proceed();
      },
      'security.rateLimitCheck'({ session }) {
        return actionFor({ ip: session.remote.ip }) === 'allow' ? accept() : proceed();
      },
    },
  });
}
