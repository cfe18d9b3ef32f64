/**
 * plugboard/email: the hooks of a mail server as typed pairs of request and answer.
 * @module
 */

export { emailHooks, type EmailHook, type EmailHooks } from './hooks.ts';
export { documentNames } from './document-names.ts';

// What plugins answer, and what hosts make of it.
export { accept, defer, discard, modify, proceed, quarantine, reject } from './answers.ts';
export type {
  Accept,
  Continue,
  Defer,
  Discard,
  Modify,
  Noting,
  Quarantine,
  Refusal,
  Reject,
} from './answers.ts';
export { defaultReplies, replyOf, type DefaultReplies, type RefusingHook, type Reply } from './replies.ts';
export { headerChanges } from './header-changes.ts';
export { spamThresholds } from './spam-total.ts';

// What messages and envelopes are made of.
export { mailAddr, type MailAddr } from './address.ts';
export type { AddHeader, Header, HeaderOp, RemoveHeader, ReplaceHeader } from './header.ts';
export { applyHeaderOps } from './header-ops.ts';
export { parseHeaders, rewriteHeaders } from './header-block.ts';
export type { HeaderPatch } from './header-patch.ts';
export type { MessageRef } from './message-ref.ts';
export { openMessage, readMessage, type MessageReader } from './read-message.ts';
export { messageServices, type MessageRange, type MessageServices } from './message-service.ts';
export type {
  AuthInfo,
  MailSession,
  MailTransaction,
  Peer,
  SessionContext,
  TlsInfo,
  TransactionContext,
} from './session.ts';

// The hooks by their types.
export type { ConnectAnswer, ConnectionHooks, ConnectRequest, DisconnectRequest } from './connection.ts';
export type {
  AuthAccept,
  AuthAnswer,
  AuthRequest,
  EhloAnswer,
  EhloRequest,
  ExtensionsPatch,
  HeloAnswer,
  HeloRequest,
  PeerCertificate,
  StartTlsAnswer,
  StartTlsRequest,
} from './command.ts';
export type { CommandHooks } from './command-hooks.ts';
export type {
  DataAnswer,
  DataRequest,
  DsnRequest,
  MailFromAnswer,
  MailFromRequest,
  RcptToAnswer,
  RcptToRequest,
  RecipientPatch,
  ResetRequest,
  SenderPatch,
} from './transaction.ts';
export type { TransactionHooks } from './transaction-hooks.ts';
export type {
  BodyAnswer,
  BodyPart,
  BodyRequest,
  HeadersAnswer,
  HeadersRequest,
  MessageCompleteAnswer,
  MessageCompleteRequest,
  MessageContext,
  PartPatch,
  PartReplacement,
} from './message.ts';
export type { MessageHooks } from './message-hooks.ts';
export type {
  DelayPatch,
  DequeueAnswer,
  DequeueRequest,
  EnqueueAnswer,
  EnqueuePatch,
  EnqueueRequest,
  QueueContext,
  QueuePriority,
  QueueRetryAnswer,
  QueueRetryRequest,
  RemoteReply,
  Route,
  RoutePatch,
} from './queue.ts';
export type { QueueHooks } from './queue-hooks.ts';
export type {
  DeliveryAttemptAnswer,
  DeliveryAttemptRequest,
  DeliveryContext,
  DeliveryFailureAnswer,
  DeliveryFailurePatch,
  DeliveryFailureRequest,
  DeliverySuccessRequest,
  MailExchanger,
  PreDeliveryAnswer,
  PreDeliveryPatch,
  PreDeliveryRequest,
  RemoteFailure,
  TlsPolicy,
} from './delivery.ts';
export type { DeliveryHooks } from './delivery-hooks.ts';
export type {
  GreylistAnswer,
  GreylistRequest,
  RateLimitAnswer,
  RateLimitRequest,
  RateLimitScope,
  ReputationAnswer,
  ReputationRequest,
  Scored,
  WithinLimit,
} from './security.ts';
export type { SecurityHooks } from './security-hooks.ts';
export type {
  AntispamAnswer,
  AntivirusAnswer,
  AntivirusRequest,
  ContentFilterAnswer,
  ContentFilterRequest,
  Infected,
  SpamScore,
  SpamSymbol,
} from './content.ts';
export type { ContentHooks } from './content-hooks.ts';
export type {
  ArcAnswer,
  ArcRequest,
  DkimAnswer,
  DkimRequest,
  DmarcAnswer,
  DmarcRequest,
  SpfAnswer,
  SpfRequest,
} from './authn.ts';
export type {
  ArcFact,
  DkimFact,
  DkimResult,
  DkimSignature,
  DmarcFact,
  SpfFact,
  SpfResult,
} from './authn-facts.ts';
export type { AuthnHooks } from './authn-hooks.ts';
export type { MailEvent, MetricsHooks, MetricsRequest } from './metrics.ts';
export type { ErrorHooks, ErrorRequest, MailError, RecoveryRequest } from './error.ts';
export {
  smtpServerHooks,
  type EmailHookRunner,
  type ReceivedMessage,
  type SmtpServerAddress,
  type SmtpServerHooks,
  type SmtpServerSession,
} from './smtp-server.ts';
export { harakaHooks, type HarakaHooks } from './haraka.ts';
export type { HarakaPlugin } from './haraka-parts.ts';
