import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dkimSign as sign } from 'mailauth/lib/dkim/sign.js';
import { definePlugin, type Plugin } from 'plugboard';
import { modify, openMessage, proceed, type EmailHooks } from 'plugboard/email';
import { z } from 'zod';
import { read } from './settings.ts';
import { domainsOfFrom } from '../message/from-domain.ts';

const settingsSchema = z.strictObject({
  /** One for each domain that signs. */
  keys: z.array(
    z.strictObject({
      domain: z.string().toLowerCase(),
      selector: z.string(),
      /** A private key in PEM, for RSA or Ed25519. */
      keyFile: z.string(),
    }),
  ),
});

interface Key {
  readonly signingDomain: string;
  readonly selector: string;
  readonly privateKey: string;
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256';
}

/**
 * Signs what goes out (RFC 6376) for the domain of From. It signs the message as it lies in the queue: let it come
 * last, and let nobody after it change From, To, Subject, Date or Message-ID.
 */
export function dkimSign(): Plugin<Partial<EmailHooks>> {
  let keys: readonly Key[] = [];
  return definePlugin<EmailHooks>({
    name: 'dkim-sign',
    version: '1.0.0',
    async initialize({ config }) {
      keys = await Promise.all(
        read(settingsSchema, config).keys.map(async ({ domain, selector, keyFile }) => {
          const privateKey = await readFile(keyFile, 'utf8');
          const isEdwards = createPrivateKey(privateKey).asymmetricKeyType === 'ed25519';
          const algorithm = isEdwards ? 'ed25519-sha256' : 'rsa-sha256';
          return { signingDomain: domain, selector, privateKey, algorithm } as const;
        }),
      );
    },
    hooks: {
      async 'delivery.preDelivery'({ message, headers }, context) {
        const [domain] = domainsOfFrom(headers);
        const key = keys.find(({ signingDomain }) => signingDomain === domain);
        if (key === undefined) return proceed();
        const options = { ...key, signatureData: [key] };
        const { signatures, errors } = await sign(openMessage(message, context), options);
        const [error] = errors;
        if (error !== undefined || signatures.trim() === '')
          throw error ?? new Error('mailauth made no signature');
        const value = signatures.trim().replace(/^DKIM-Signature:\s*/i, '');
        return modify({ headers: [{ op: 'add', name: 'DKIM-Signature', value }] });
      },
    },
  });
}
