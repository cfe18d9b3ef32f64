import type { EmailHook } from './hooks.ts';

/** What the hooks are called in the mail server's documents that they come from; two were added here. */
export const documentNames: Readonly<
  Record<Exclude<EmailHook, 'transaction.reset' | 'authn.arcVerify'>, string>
> = Object.freeze({
  'connection.connect': 'OnConnect',
  'connection.disconnect': 'OnDisconnect',
  'command.helo': 'OnHelo',
  'command.ehlo': 'OnEhlo',
  'command.auth': 'OnAuth',
  'command.startTls': 'OnStartTLS',
  'transaction.mailFrom': 'OnMailFrom',
  'transaction.rcptTo': 'OnRcptTo',
  'transaction.data': 'OnData',
  'message.headers': 'OnHeaders',
  'message.body': 'OnBody',
  'message.messageComplete': 'OnMessageComplete',
  'queue.enqueue': 'OnEnqueue',
  'queue.dequeue': 'OnDequeue',
  'queue.queueRetry': 'OnQueueRetry',
  'delivery.preDelivery': 'OnPreDelivery',
  'delivery.deliveryAttempt': 'OnDeliveryAttempt',
  'delivery.deliverySuccess': 'OnDeliverySuccess',
  'delivery.deliveryFailure': 'OnDeliveryFailure',
  'security.rateLimitCheck': 'OnRateLimitCheck',
  'security.greylistCheck': 'OnGreylistCheck',
  'security.reputationCheck': 'OnReputationCheck',
  'content.antivirusScan': 'OnAntivirusScan',
  'content.antispamScan': 'OnAntispamScan',
  'content.contentFilter': 'OnContentFilter',
  'authn.spfCheck': 'OnSPFCheck',
  'authn.dkimVerify': 'OnDKIMVerify',
  'authn.dmarcCheck': 'OnDMARCCheck',
  'metrics.metricsCollect': 'OnMetricsCollect',
  'error.error': 'OnError',
  'error.recovery': 'OnRecovery',
});
