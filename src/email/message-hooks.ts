import * as z from 'zod';

import type { RunnableHook } from '../hooks/combining.ts';
import { hook } from '../hooks/define.ts';
import {
  acceptAnswer,
  deferAnswer,
  discardAnswer,
  proceedAnswer,
  quarantineAnswer,
  rejectAnswer,
} from './answer-schemas.ts';
import { proceed } from './answers.ts';
import { headerAnswer, withHeaders } from './header-patch.ts';
import {
  bodyRequest,
  headersRequest,
  messageCompleteRequest,
  partAnswer,
  type BodyAnswer,
  type BodyRequest,
  type HeadersAnswer,
  type HeadersRequest,
  type MessageCompleteAnswer,
  type MessageCompleteRequest,
} from './message.ts';
import { refuseWith } from './refusal.ts';
import type { Of } from './shape.ts';
import { contentMs, stepMs } from './times.ts';

/** The hooks of a message while it arrives. */
export interface MessageHooks {
  readonly 'message.headers': RunnableHook<HeadersRequest, HeadersAnswer>;
  readonly 'message.body': RunnableHook<BodyRequest, BodyAnswer>;
  readonly 'message.messageComplete': RunnableHook<MessageCompleteRequest, MessageCompleteAnswer>;
}

const common = [proceedAnswer, rejectAnswer, deferAnswer, quarantineAnswer] as const;
const headersAnswer: Of<HeadersAnswer> = z.discriminatedUnion('action', [...common, headerAnswer]);
const bodyAnswer: Of<BodyAnswer> = z.discriminatedUnion('action', [...common, partAnswer]);
const completeAnswer: Of<MessageCompleteAnswer> = z.discriminatedUnion('action', [
  ...common,
  acceptAnswer,
  discardAnswer,
  headerAnswer,
]);

export const messageHooks: MessageHooks = {
  'message.headers': hook<HeadersRequest, HeadersAnswer>({
    request: headersRequest,
    response: headersAnswer,
    combine: 'modify-chain',
    apply: (request, answer) => withHeaders(request, answer),
    otherwise: proceed(),
    onFailure: 'open',
    refuse: refuseWith(451),
    timeoutMs: stepMs,
  }),
  'message.body': hook<BodyRequest, BodyAnswer>({
    request: bodyRequest,
    response: bodyAnswer,
    combine: 'modify-chain',
    apply: (request, answer) =>
      answer.action === 'modify'
        ? { ...request, part: { ...request.part, replacement: answer.replacement } }
        : request,
    otherwise: proceed(),
    onFailure: 'open',
    refuse: refuseWith(451),
    timeoutMs: stepMs,
  }),
  'message.messageComplete': hook<MessageCompleteRequest, MessageCompleteAnswer>({
    request: messageCompleteRequest,
    response: completeAnswer,
    combine: 'modify-chain',
    apply: (request, answer) => withHeaders(request, answer),
    otherwise: proceed(),
    onFailure: 'closed',
    refuse: refuseWith(451),
    timeoutMs: contentMs,
  }),
};
