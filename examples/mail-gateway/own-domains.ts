import { definePlugin } from 'plugboard';
import { accept, proceed, type EmailHooks } from 'plugboard/email';
import { inProcess } from 'plugboard/transports';
import type { GatewayConfig } from './config.ts';
import type { OwnPlugin } from './own-plugin.ts';

/**
 * Takes recipients of the domains that have a route of their own, and any of a client that has logged in. It is asked
 * last, so that every plugin of the file may say no before. Whatever nobody takes is refused: no open relay.
 */
export function ownDomains(config: () => GatewayConfig): OwnPlugin {
  const plugin = definePlugin<EmailHooks>({
    name: 'own-domains',
    version: '1.0.0',
    hooks: {
      'transaction.rcptTo': ({ recipient, session }) => {
        const isOurs = config().routes.some(({ domains }) => domains.includes(recipient.domain));
        return isOurs || session.auth !== undefined ? accept() : proceed();
      },
    },
  });
  return { name: 'own-domains', source: inProcess(plugin), settings: { priority: 1_000_000 } };
}
