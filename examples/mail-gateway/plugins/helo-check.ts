import { isIP } from 'node:net';
import { definePlugin, type Plugin } from 'plugboard';
import { proceed, reject, type EmailHooks, type HeloAnswer, type HeloRequest } from 'plugboard/email';
import { z } from 'zod';
import { read } from './settings.ts';

const settingsSchema = z.strictObject({
  /** Names of this server: whoever else claims to be one of them lies. */
  ownNames: z.array(z.string().toLowerCase()).default([]),
  /** Refuses names that RFC 5321 §4.1.2 does not allow. Default: false, because printers and phones send them. */
  strict: z.boolean().default(false),
});

/** A name of labels, in which `_` is seen too often to refuse it. */
const domain =
  /^(?=.{1,255}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*\.?$/i;

/** Refuses clients that claim to be this server. That a name does not fit the client's address refuses nobody. */
export function heloCheck(): Plugin<Partial<EmailHooks>> {
  let settings = read(settingsSchema, undefined);
  const configure = (config: unknown): void => void (settings = read(settingsSchema, config));
  const judge = ({ hostname, session }: HeloRequest): HeloAnswer => {
    const claimsToBeUs =
      settings.ownNames.includes(hostname.toLowerCase()) || addressOf(hostname) === session.local?.ip;
    if (claimsToBeUs && session.remote.ip !== session.local?.ip)
      return reject({ code: 550, enhanced: '5.7.1', text: 'You are not me' });
    if (settings.strict && !isLegal(hostname))
      return reject({ code: 501, enhanced: '5.5.4', text: 'Not a host name' });
    return proceed();
  };
  return definePlugin<EmailHooks>({
    name: 'helo-check',
    version: '1.0.0',
    initialize: ({ config }) => configure(config),
    configure,
    hooks: { 'command.helo': judge, 'command.ehlo': judge },
  });
}

/** The address of a literal such as `[192.0.2.1]`; '' for a name. */
function addressOf(hostname: string): string {
  return /^\[(?:IPv6:)?([\da-f.:]+)\]$/i.exec(hostname)?.[1] ?? '';
}

function isLegal(hostname: string): boolean {
  return isIP(addressOf(hostname)) !== 0 || (domain.test(hostname) && isIP(hostname) === 0);
}
