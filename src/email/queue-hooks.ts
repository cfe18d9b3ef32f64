import * as z from 'zod';

import type { RunnableHook } from '../hooks/combining.ts';
import { hook } from '../hooks/define.ts';
import { deferAnswer, discardAnswer, proceedAnswer, rejectAnswer } from './answer-schemas.ts';
import { proceed, type Modify } from './answers.ts';
import {
  delayAnswer,
  dequeueRequest,
  enqueuePatch,
  enqueueRequest,
  queueRetryRequest,
  routeAnswer,
  type DequeueAnswer,
  type DequeueRequest,
  type EnqueueAnswer,
  type EnqueuePatch,
  type EnqueueRequest,
  type QueueRetryAnswer,
  type QueueRetryRequest,
} from './queue.ts';
import { deferWith, refuseWith } from './refusal.ts';
import type { Of } from './shape.ts';
import { stepMs } from './times.ts';

/** The hooks of a queue. */
export interface QueueHooks {
  readonly 'queue.enqueue': RunnableHook<EnqueueRequest, EnqueueAnswer>;
  readonly 'queue.dequeue': RunnableHook<DequeueRequest, DequeueAnswer>;
  readonly 'queue.queueRetry': RunnableHook<QueueRetryRequest, QueueRetryAnswer>;
}

const enqueueAnswer: Of<EnqueueAnswer> = z.discriminatedUnion('action', [
  proceedAnswer,
  rejectAnswer,
  deferAnswer,
  enqueuePatch,
]);
const dequeueAnswer: Of<DequeueAnswer> = z.discriminatedUnion('action', [
  proceedAnswer,
  deferAnswer,
  discardAnswer,
  routeAnswer,
]);
const queueRetryAnswer: Of<QueueRetryAnswer> = z.discriminatedUnion('action', [
  proceedAnswer,
  rejectAnswer,
  discardAnswer,
  delayAnswer,
]);

export const queueHooks: QueueHooks = {
  'queue.enqueue': hook<EnqueueRequest, EnqueueAnswer>({
    request: enqueueRequest,
    response: enqueueAnswer,
    combine: 'modify-chain',
    apply: (request, answer) => (answer.action === 'modify' ? queuedAs(request, answer) : request),
    otherwise: proceed(),
    onFailure: 'closed',
    refuse: refuseWith(451),
    timeoutMs: stepMs,
  }),
  'queue.dequeue': hook<DequeueRequest, DequeueAnswer>({
    request: dequeueRequest,
    response: dequeueAnswer,
    combine: 'modify-chain',
    apply: (request, answer) => (answer.action === 'modify' ? { ...request, route: answer.route } : request),
    otherwise: proceed(),
    onFailure: 'closed',
    refuse: deferWith(451),
    timeoutMs: stepMs,
  }),
  'queue.queueRetry': hook<QueueRetryRequest, QueueRetryAnswer>({
    request: queueRetryRequest,
    response: queueRetryAnswer,
    combine: 'modify-chain',
    apply: (request, answer) =>
      answer.action === 'modify' ? { ...request, nextDelayMs: answer.nextDelayMs } : request,
    otherwise: proceed(),
    onFailure: 'open',
    // Whatever a plugin's failure is to mean: the usual schedule goes on, and nothing is given up for it.
    refuse: () => proceed(),
    timeoutMs: stepMs,
  }),
};

function queuedAs(request: EnqueueRequest, patch: Modify<EnqueuePatch>): EnqueueRequest {
  const { priority = request.priority, route = request.route, holdUntilMs = request.holdUntilMs } = patch;
  return { ...request, priority, route, holdUntilMs };
}
