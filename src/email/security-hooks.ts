import * as z from 'zod';

import type { RunnableHook } from '../hooks/combining.ts';
import { hook } from '../hooks/define.ts';
import { acceptAnswer, deferAnswer, proceedAnswer, rejectAnswer } from './answer-schemas.ts';
import { proceed } from './answers.ts';
import { deferWith, refuseWith } from './refusal.ts';
import {
  greylistRequest,
  rateLimitRequest,
  reputationRequest,
  scored,
  withinLimit,
  type GreylistAnswer,
  type GreylistRequest,
  type RateLimitAnswer,
  type RateLimitRequest,
  type ReputationAnswer,
  type ReputationRequest,
  type WithinLimit,
} from './security.ts';
import type { Of } from './shape.ts';
import { stepMs } from './times.ts';

/** The hooks that keep a server safe from its clients. */
export interface SecurityHooks {
  readonly 'security.rateLimitCheck': RunnableHook<RateLimitRequest, RateLimitAnswer>;
  readonly 'security.greylistCheck': RunnableHook<GreylistRequest, GreylistAnswer>;
  readonly 'security.reputationCheck': RunnableHook<ReputationRequest, ReputationAnswer>;
}

const rateLimitAnswer: Of<RateLimitAnswer> = z.discriminatedUnion('action', [
  withinLimit,
  acceptAnswer,
  rejectAnswer,
  deferAnswer,
]);
const greylistAnswer: Of<GreylistAnswer> = z.discriminatedUnion('action', [
  proceedAnswer,
  acceptAnswer,
  deferAnswer,
]);
const reputationAnswer: Of<ReputationAnswer> = z.discriminatedUnion('action', [
  scored,
  rejectAnswer,
  deferAnswer,
]);

export const securityHooks: SecurityHooks = {
  'security.rateLimitCheck': hook<RateLimitRequest, RateLimitAnswer>({
    request: rateLimitRequest,
    response: rateLimitAnswer,
    combine: 'accumulate-score',
    order: ['accept', 'reject', 'defer'],
    total: (_score, answers) => strictest(answers),
    otherwise: proceed(),
    onFailure: 'open',
    refuse: refuseWith(421),
    timeoutMs: stepMs,
  }),
  'security.greylistCheck': hook<GreylistRequest, GreylistAnswer>({
    request: greylistRequest,
    response: greylistAnswer,
    combine: 'accumulate-score',
    order: ['accept', 'defer'],
    otherwise: proceed(),
    onFailure: 'open',
    refuse: deferWith(451),
    timeoutMs: stepMs,
  }),
  'security.reputationCheck': hook<ReputationRequest, ReputationAnswer>({
    request: reputationRequest,
    response: reputationAnswer,
    combine: 'accumulate-score',
    total: (score) => proceed({ score }),
    otherwise: proceed({ score: 0 }),
    onFailure: 'open',
    refuse: refuseWith(450),
    timeoutMs: stepMs,
  }),
};

/** Of those who let it pass, the one with the least left. */
function strictest(answers: readonly RateLimitAnswer[]): WithinLimit | undefined {
  return answers
    .filter((answer) => answer.action === 'continue')
    .toSorted((a, b) => (a.remaining ?? Infinity) - (b.remaining ?? Infinity))[0];
}
