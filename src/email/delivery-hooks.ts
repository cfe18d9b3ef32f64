import * as z from 'zod';

import type { RunnableHook } from '../hooks/combining.ts';
import { hook } from '../hooks/define.ts';
import { deferAnswer, proceedAnswer, rejectAnswer } from './answer-schemas.ts';
import { proceed, type Continue } from './answers.ts';
import {
  deliveryAttemptRequest,
  deliveryFailurePatch,
  deliveryFailureRequest,
  deliverySuccessRequest,
  preDeliveryPatch,
  preDeliveryRequest,
  type DeliveryAttemptAnswer,
  type DeliveryAttemptRequest,
  type DeliveryFailureAnswer,
  type DeliveryFailureRequest,
  type DeliverySuccessRequest,
  type PreDeliveryAnswer,
  type PreDeliveryRequest,
} from './delivery.ts';
import { applyHeaderOps } from './header-ops.ts';
import { deferWith, refuseWith } from './refusal.ts';
import type { Of } from './shape.ts';
import { stepMs } from './times.ts';

/** The hooks of a delivery to another server. */
export interface DeliveryHooks {
  readonly 'delivery.preDelivery': RunnableHook<PreDeliveryRequest, PreDeliveryAnswer>;
  readonly 'delivery.deliveryAttempt': RunnableHook<DeliveryAttemptRequest, DeliveryAttemptAnswer>;
  readonly 'delivery.deliverySuccess': RunnableHook<DeliverySuccessRequest, Continue, undefined>;
  readonly 'delivery.deliveryFailure': RunnableHook<DeliveryFailureRequest, DeliveryFailureAnswer>;
}

const preDeliveryAnswer: Of<PreDeliveryAnswer> = z.discriminatedUnion('action', [
  proceedAnswer,
  rejectAnswer,
  deferAnswer,
  preDeliveryPatch,
]);
const attemptAnswer: Of<DeliveryAttemptAnswer> = z.discriminatedUnion('action', [proceedAnswer, deferAnswer]);
const failureAnswer: Of<DeliveryFailureAnswer> = z.discriminatedUnion('action', [
  proceedAnswer,
  deliveryFailurePatch,
]);

export const deliveryHooks: DeliveryHooks = {
  'delivery.preDelivery': hook<PreDeliveryRequest, PreDeliveryAnswer>({
    request: preDeliveryRequest,
    response: preDeliveryAnswer,
    combine: 'modify-chain',
    apply: prepared,
    otherwise: proceed(),
    onFailure: 'closed',
    // A recipient is not given up because a plugin failed, unless its own rule says so.
    refuse: refuseWith(451),
    timeoutMs: stepMs,
  }),
  'delivery.deliveryAttempt': hook<DeliveryAttemptRequest, DeliveryAttemptAnswer>({
    request: deliveryAttemptRequest,
    response: attemptAnswer,
    combine: 'first-decisive',
    otherwise: proceed(),
    onFailure: 'open',
    refuse: deferWith(451),
    timeoutMs: stepMs,
  }),
  'delivery.deliverySuccess': hook<DeliverySuccessRequest, Continue>({
    request: deliverySuccessRequest,
    response: proceedAnswer,
    combine: 'observe',
  }),
  'delivery.deliveryFailure': hook<DeliveryFailureRequest, DeliveryFailureAnswer>({
    request: deliveryFailureRequest,
    response: failureAnswer,
    combine: 'modify-chain',
    apply: handled,
    otherwise: proceed(),
    onFailure: 'open',
    refuse: () => proceed(),
    timeoutMs: stepMs,
  }),
};

function prepared(request: PreDeliveryRequest, answer: PreDeliveryAnswer): PreDeliveryRequest {
  if (answer.action !== 'modify') return request;
  const {
    route = request.route,
    tls = request.tls,
    bindAddress = request.bindAddress,
    headers = [],
  } = answer;
  return { ...request, route, tls, bindAddress, headers: applyHeaderOps(request.headers, headers) };
}

function handled(request: DeliveryFailureRequest, answer: DeliveryFailureAnswer): DeliveryFailureRequest {
  if (answer.action !== 'modify') return request;
  const { retryDelayMs = request.retryDelayMs } = answer;
  const { bounceNow = request.bounceNow, suppressDsn = request.suppressDsn } = answer;
  return { ...request, retryDelayMs, bounceNow, suppressDsn };
}
