import type { Plugin } from 'plugboard';
import type { EmailHooks } from 'plugboard/email';

/** A plugin of mail hooks. */
export type MailPlugin = Plugin<Partial<EmailHooks>>;

/** The plugins that come with the gateway, by name; each is loaded only where it is wanted. */
export const mailPlugins = {
  'access-list': async () => (await import('./access-list/plugin.ts')).accessList(),
  'auth-file': async () => (await import('./auth-file.ts')).authFile(),
  clamav: async () => (await import('./clamav/plugin.ts')).clamav(),
  'content-policy': async () => (await import('./content-policy.ts')).contentPolicy(),
  'dkim-sign': async () => (await import('./dkim-sign.ts')).dkimSign(),
  greylist: async () => (await import('./greylist/plugin.ts')).greylist(),
  'header-stamp': async () => (await import('./header-stamp.ts')).headerStamp(),
  'helo-check': async () => (await import('./helo-check.ts')).heloCheck(),
  'mail-auth': async () => (await import('./mail-auth/plugin.ts')).mailAuth(),
  'mail-metrics': async () => (await import('./metrics/plugin.ts')).mailMetrics(),
  'quarantine-store': async () => (await import('./quarantine-store.ts')).quarantineStore(),
  'rate-limiter': async () => (await import('./rate-limiter/plugin.ts')).rateLimiter(),
  'rcpt-domains': async () => (await import('./rcpt-domains.ts')).rcptDomains(),
  rspamd: async () => (await import('./rspamd/plugin.ts')).rspamd(),
} satisfies Record<string, () => Promise<MailPlugin>>;

/** The name of one of them. */
export type MailPluginName = keyof typeof mailPlugins;

/** Whether a plugin of this name comes with the gateway. */
export function isMailPlugin(name: string): name is MailPluginName {
  return Object.hasOwn(mailPlugins, name);
}
