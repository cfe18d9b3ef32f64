import * as z from 'zod';

import { mailAddrSchema, type MailAddr } from './address.ts';
import { noting } from './answer-schemas.ts';
import type { Continue, Defer, Modify, Reject } from './answers.ts';
import { attempt, hostname, ip, port, spanMs } from './fields.ts';
import { headerList, headerOps, type Header, type HeaderOp } from './header.ts';
import { messageRef, type MessageRef } from './message-ref.ts';
import {
  queueContext,
  remoteReply,
  route,
  type QueueContext,
  type RemoteReply,
  type Route,
} from './queue.ts';
import { tlsInfo, type TlsInfo } from './session.ts';
import type { Of, Shape } from './shape.ts';

/** What every hook about one recipient's delivery is told. */
export interface DeliveryContext extends QueueContext {
  readonly recipient: MailAddr;
}

/** A host that takes mail for a domain. */
export interface MailExchanger {
  readonly host: string;
  /** The lowest first (RFC 5321 §5.1). */
  readonly priority: number;
}

/** How much a delivery insists on TLS: `required` fails without it (RFC 7672, 8461, 8689). */
export type TlsPolicy = 'none' | 'opportunistic' | 'required';

/** A recipient's delivery begins: where to, how, and with which header. */
export interface PreDeliveryRequest extends DeliveryContext {
  readonly domain: string;
  readonly mx: readonly MailExchanger[];
  readonly message: MessageRef;
  readonly headers: readonly Header[];
  readonly route?: Route | undefined;
  readonly tls?: TlsPolicy | undefined;
  /** The address of this side to send from. */
  readonly bindAddress?: string | undefined;
}

/** What may be set before a delivery; signatures come in as headers. */
export interface PreDeliveryPatch {
  readonly route?: Route | undefined;
  readonly tls?: TlsPolicy | undefined;
  readonly bindAddress?: string | undefined;
  readonly headers?: readonly HeaderOp[] | undefined;
}

/** What may be answered to `delivery.preDelivery`; `reject` gives it up and tells the sender. */
export type PreDeliveryAnswer = Continue | Reject | Defer | Modify<PreDeliveryPatch>;

/** A host is about to be tried. */
export interface DeliveryAttemptRequest extends DeliveryContext {
  readonly attempt: number;
  readonly host: string;
  readonly ip?: string | undefined;
  readonly port: number;
  readonly tls?: TlsInfo | undefined;
}

/** What may be answered to `delivery.deliveryAttempt`. */
export type DeliveryAttemptAnswer = Continue | Defer;

/** Another server has taken the message for this recipient. */
export interface DeliverySuccessRequest extends DeliveryContext {
  readonly host: string;
  readonly response: RemoteReply;
  readonly durationMs: number;
  readonly tls?: TlsInfo | undefined;
}

/** Another server did not take it. */
export interface DeliveryFailureRequest extends DeliveryContext {
  readonly attempt: number;
  readonly error: RemoteFailure;
  /** What plugins before asked for. */
  readonly retryDelayMs?: number | undefined;
  readonly bounceNow?: boolean | undefined;
  readonly suppressDsn?: boolean | undefined;
}

/** Why another server did not take a message. */
export interface RemoteFailure extends RemoteReply {
  /** Whether another try makes no sense: a reply of class 5. */
  readonly permanent: boolean;
}

/** What becomes of a delivery that failed. */
export interface DeliveryFailurePatch {
  readonly retryDelayMs?: number | undefined;
  /** Gives up now. */
  readonly bounceNow?: boolean | undefined;
  /** Sends no report (RFC 3464) of it. */
  readonly suppressDsn?: boolean | undefined;
}

/** What may be answered to `delivery.deliveryFailure`. */
export type DeliveryFailureAnswer = Continue | Modify<DeliveryFailurePatch>;

const deliveryContext: Shape<DeliveryContext> = { ...queueContext, recipient: mailAddrSchema };

const exchanger: Of<MailExchanger> = z.object({
  host: hostname,
  priority: z.int().min(0).max(65_535),
} satisfies Shape<MailExchanger>);

const tlsPolicy: Of<TlsPolicy> = z.enum(['none', 'opportunistic', 'required']);

export const preDeliveryRequest: Of<PreDeliveryRequest> = z.object({
  ...deliveryContext,
  domain: hostname,
  mx: z.array(exchanger),
  message: messageRef,
  headers: headerList,
  route: route.optional(),
  tls: tlsPolicy.optional(),
  bindAddress: ip.optional(),
} satisfies Shape<PreDeliveryRequest>);

export const preDeliveryPatch: z.ZodObject<Shape<Modify<PreDeliveryPatch>>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('modify'),
  route: route.optional(),
  tls: tlsPolicy.optional(),
  bindAddress: ip.optional(),
  headers: headerOps.optional(),
} satisfies Shape<Modify<PreDeliveryPatch>>);

export const deliveryAttemptRequest: Of<DeliveryAttemptRequest> = z.object({
  ...deliveryContext,
  attempt,
  host: hostname,
  ip: ip.optional(),
  port,
  tls: tlsInfo.optional(),
} satisfies Shape<DeliveryAttemptRequest>);

export const deliverySuccessRequest: Of<DeliverySuccessRequest> = z.object({
  ...deliveryContext,
  host: hostname,
  response: z.object(remoteReply),
  durationMs: spanMs,
  tls: tlsInfo.optional(),
} satisfies Shape<DeliverySuccessRequest>);

const failure: Of<RemoteFailure> = z.object({
  ...remoteReply,
  permanent: z.boolean(),
} satisfies Shape<RemoteFailure>);

const failurePatch: Shape<DeliveryFailurePatch> = {
  retryDelayMs: spanMs.optional(),
  bounceNow: z.boolean().optional(),
  suppressDsn: z.boolean().optional(),
};

export const deliveryFailureRequest: Of<DeliveryFailureRequest> = z.object({
  ...deliveryContext,
  attempt,
  error: failure,
  ...failurePatch,
} satisfies Shape<DeliveryFailureRequest>);

export const deliveryFailurePatch: z.ZodObject<
  Shape<Modify<DeliveryFailurePatch>>,
  z.core.$strict
> = z.strictObject({
  ...noting,
  action: z.literal('modify'),
  ...failurePatch,
} satisfies Shape<Modify<DeliveryFailurePatch>>);
