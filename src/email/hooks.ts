import { defineHooks } from '../hooks/define.ts';
import { authnHooks, type AuthnHooks } from './authn-hooks.ts';
import { commandHooks, type CommandHooks } from './command-hooks.ts';
import { connectionHooks, type ConnectionHooks } from './connection.ts';
import { contentHooks, type ContentHooks } from './content-hooks.ts';
import { deliveryHooks, type DeliveryHooks } from './delivery-hooks.ts';
import { errorHooks, type ErrorHooks } from './error.ts';
import { messageHooks, type MessageHooks } from './message-hooks.ts';
import { metricsHooks, type MetricsHooks } from './metrics.ts';
import { queueHooks, type QueueHooks } from './queue-hooks.ts';
import { securityHooks, type SecurityHooks } from './security-hooks.ts';
import { transactionHooks, type TransactionHooks } from './transaction-hooks.ts';

/** The hooks of a mail server: `definePlugin<EmailHooks>({ hooks: { 'transaction.rcptTo': … } })`. */
export interface EmailHooks
  extends
    ConnectionHooks,
    CommandHooks,
    TransactionHooks,
    MessageHooks,
    QueueHooks,
    DeliveryHooks,
    SecurityHooks,
    ContentHooks,
    AuthnHooks,
    MetricsHooks,
    ErrorHooks {}

/** The name of a hook, such as `transaction.rcptTo`. */
export type EmailHook = keyof EmailHooks;

/** The same as a value, in the order in which a message meets them: what a host builds its manager with. */
export const emailHooks: Readonly<EmailHooks> = defineHooks<EmailHooks>({
  ...connectionHooks,
  ...commandHooks,
  ...transactionHooks,
  ...messageHooks,
  ...queueHooks,
  ...deliveryHooks,
  ...securityHooks,
  ...contentHooks,
  ...authnHooks,
  ...metricsHooks,
  ...errorHooks,
});
