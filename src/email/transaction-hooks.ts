import * as z from 'zod';

import type { RunnableHook } from '../hooks/combining.ts';
import { hook } from '../hooks/define.ts';
import { acceptAnswer, deferAnswer, proceedAnswer, rejectAnswer } from './answer-schemas.ts';
import { proceed, reject, type Continue } from './answers.ts';
import { refuseWith } from './refusal.ts';
import type { Of } from './shape.ts';
import { stepMs } from './times.ts';
import {
  dataRequest,
  mailFromRequest,
  rcptToRequest,
  recipientAnswer,
  resetRequest,
  senderAnswer,
  type DataAnswer,
  type DataRequest,
  type MailFromAnswer,
  type MailFromRequest,
  type RcptToAnswer,
  type RcptToRequest,
  type ResetRequest,
} from './transaction.ts';

/** The hooks of a transaction: a message's envelope. */
export interface TransactionHooks {
  readonly 'transaction.mailFrom': RunnableHook<MailFromRequest, MailFromAnswer>;
  readonly 'transaction.rcptTo': RunnableHook<RcptToRequest, RcptToAnswer>;
  readonly 'transaction.data': RunnableHook<DataRequest, DataAnswer>;
  readonly 'transaction.reset': RunnableHook<ResetRequest, Continue, undefined>;
}

const refusals = [proceedAnswer, rejectAnswer, deferAnswer] as const;
const mailFromAnswer: Of<MailFromAnswer> = z.discriminatedUnion('action', [...refusals, senderAnswer]);
const rcptToAnswer: Of<RcptToAnswer> = z.discriminatedUnion('action', [
  ...refusals,
  acceptAnswer,
  recipientAnswer,
]);
const dataAnswer: Of<DataAnswer> = z.discriminatedUnion('action', refusals);

export const transactionHooks: TransactionHooks = {
  'transaction.mailFrom': hook<MailFromRequest, MailFromAnswer>({
    request: mailFromRequest,
    response: mailFromAnswer,
    combine: 'modify-chain',
    apply: (request, answer) =>
      answer.action === 'modify' ? { ...request, sender: answer.sender } : request,
    otherwise: proceed(),
    onFailure: 'closed',
    refuse: refuseWith(451),
    timeoutMs: stepMs,
  }),
  'transaction.rcptTo': hook<RcptToRequest, RcptToAnswer>({
    request: rcptToRequest,
    response: rcptToAnswer,
    combine: 'modify-chain',
    apply: redirected,
    otherwise: reject({ code: 550, enhanced: '5.7.1', text: 'Relaying denied' }),
    onFailure: 'closed',
    refuse: refuseWith(451),
    timeoutMs: stepMs,
  }),
  'transaction.data': hook<DataRequest, DataAnswer>({
    request: dataRequest,
    response: dataAnswer,
    combine: 'first-decisive',
    otherwise: proceed(),
    onFailure: 'closed',
    refuse: refuseWith(451),
    timeoutMs: stepMs,
  }),
  'transaction.reset': hook<ResetRequest, Continue>({
    request: resetRequest,
    response: proceedAnswer,
    combine: 'observe',
  }),
};

function redirected(request: RcptToRequest, answer: RcptToAnswer): RcptToRequest {
  if (answer.action !== 'modify') return request;
  const { recipient = request.recipient, alsoTo = [] } = answer;
  return { ...request, recipient, alsoTo: [...(request.alsoTo ?? []), ...alsoTo] };
}
