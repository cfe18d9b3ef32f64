import * as z from 'zod';

import type { RunnableHook } from '../hooks/combining.ts';
import { hook } from '../hooks/define.ts';
import {
  deferAnswer,
  discardAnswer,
  proceedAnswer,
  quarantineAnswer,
  rejectAnswer,
} from './answer-schemas.ts';
import { proceed } from './answers.ts';
import {
  antispamRequest,
  antivirusRequest,
  contentFilterRequest,
  infected,
  spamContinue,
  spamScore,
  type AntispamAnswer,
  type AntivirusAnswer,
  type AntivirusRequest,
  type ContentFilterAnswer,
  type ContentFilterRequest,
} from './content.ts';
import { headerAnswer, withHeaders } from './header-patch.ts';
import type { MessageContext } from './message.ts';
import { refuseWith } from './refusal.ts';
import type { Of } from './shape.ts';
import { spamTotal } from './spam-total.ts';
import { contentMs } from './times.ts';

/** The hooks that look at what is in a message. */
export interface ContentHooks {
  readonly 'content.antivirusScan': RunnableHook<AntivirusRequest, AntivirusAnswer>;
  readonly 'content.antispamScan': RunnableHook<MessageContext, AntispamAnswer>;
  readonly 'content.contentFilter': RunnableHook<ContentFilterRequest, ContentFilterAnswer>;
}

const antivirusAnswer: Of<AntivirusAnswer> = z.discriminatedUnion('action', [
  proceedAnswer,
  rejectAnswer.extend(infected),
  quarantineAnswer.extend(infected),
  discardAnswer,
  deferAnswer,
]);
const antispamAnswer: Of<AntispamAnswer> = z.discriminatedUnion('action', [
  spamContinue,
  rejectAnswer.extend(spamScore),
  deferAnswer.extend(spamScore),
  quarantineAnswer.extend(spamScore),
  headerAnswer.extend(spamScore),
]);
const contentFilterAnswer: Of<ContentFilterAnswer> = z.discriminatedUnion('action', [
  proceedAnswer,
  rejectAnswer,
  deferAnswer,
  discardAnswer,
  quarantineAnswer,
  headerAnswer,
]);

export const contentHooks: ContentHooks = {
  'content.antivirusScan': hook<AntivirusRequest, AntivirusAnswer>({
    request: antivirusRequest,
    response: antivirusAnswer,
    combine: 'accumulate-score',
    otherwise: proceed(),
    onFailure: 'closed',
    refuse: refuseWith(451),
    timeoutMs: contentMs,
  }),
  'content.antispamScan': hook<MessageContext, AntispamAnswer>({
    request: antispamRequest,
    response: antispamAnswer,
    combine: 'accumulate-score',
    total: spamTotal,
    otherwise: proceed({ score: 0 }),
    onFailure: 'open',
    refuse: refuseWith(451),
    timeoutMs: contentMs,
  }),
  'content.contentFilter': hook<ContentFilterRequest, ContentFilterAnswer>({
    request: contentFilterRequest,
    response: contentFilterAnswer,
    combine: 'modify-chain',
    apply: (request, answer) => withHeaders(request, answer),
    otherwise: proceed(),
    onFailure: 'open',
    refuse: refuseWith(451),
    timeoutMs: contentMs,
  }),
};
