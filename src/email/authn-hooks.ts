import * as z from 'zod';

import type { Refused, RunnableHook } from '../hooks/combining.ts';
import { hook } from '../hooks/define.ts';
import { deferAnswer, proceedAnswer, quarantineAnswer, rejectAnswer } from './answer-schemas.ts';
import { proceed, type Defer, type Reject } from './answers.ts';
import {
  arcRequest,
  dkimRequest,
  dmarcRequest,
  spfRequest,
  type ArcAnswer,
  type ArcRequest,
  type DkimAnswer,
  type DkimRequest,
  type DmarcAnswer,
  type DmarcRequest,
  type SpfAnswer,
  type SpfRequest,
} from './authn.ts';
import { arcFact, dkimFact, dmarcFact, spfFact, type DmarcFact } from './authn-facts.ts';
import { refuseWith } from './refusal.ts';
import type { Of } from './shape.ts';
import { stepMs } from './times.ts';

/** The hooks that find out whether a message is of whom it says. */
export interface AuthnHooks {
  readonly 'authn.spfCheck': RunnableHook<SpfRequest, SpfAnswer>;
  readonly 'authn.dkimVerify': RunnableHook<DkimRequest, DkimAnswer>;
  readonly 'authn.arcVerify': RunnableHook<ArcRequest, ArcAnswer>;
  readonly 'authn.dmarcCheck': RunnableHook<DmarcRequest, DmarcAnswer>;
}

const spfAnswer: Of<SpfAnswer> = z.discriminatedUnion('action', [
  proceedAnswer.extend({ spf: spfFact }),
  rejectAnswer.extend({ spf: spfFact.optional() }),
  deferAnswer.extend({ spf: spfFact.optional() }),
]);
const dkimAnswer: Of<DkimAnswer> = z.discriminatedUnion('action', [
  proceedAnswer.extend({ dkim: dkimFact }),
  rejectAnswer.extend({ dkim: dkimFact.optional() }),
]);
const arcAnswer: Of<ArcAnswer> = proceedAnswer.extend({ arc: arcFact });
const dmarcAnswer: Of<DmarcAnswer> = z.discriminatedUnion('action', [
  proceedAnswer.extend({ dmarc: dmarcFact }),
  rejectAnswer.extend({ dmarc: dmarcFact.optional() }),
  quarantineAnswer.extend({ dmarc: dmarcFact.optional() }),
  deferAnswer.extend({ dmarc: dmarcFact.optional() }),
]);

const unaligned: Pick<DmarcFact, 'policy' | 'alignment'> = {
  policy: 'none',
  alignment: { spf: false, dkim: false },
};

/** Whoever fails leaves the fact that it is not known now. With a code of its own it refuses instead. */
export const authnHooks: AuthnHooks = {
  'authn.spfCheck': hook<SpfRequest, SpfAnswer>({
    request: spfRequest,
    response: spfAnswer,
    combine: 'first-provider',
    provides: (answer) => answer.action !== 'continue' || answer.spf.result !== 'none',
    onFailure: 'closed',
    otherwise: proceed({ spf: { result: 'none' } }),
    refuse: (failure: Refused) => refusal(failure) ?? proceed({ spf: { result: 'temperror' } }),
    timeoutMs: stepMs,
  }),
  'authn.dkimVerify': hook<DkimRequest, DkimAnswer>({
    request: dkimRequest,
    response: dkimAnswer,
    combine: 'first-provider',
    provides: (answer) => answer.action !== 'continue' || answer.dkim.signatures.length > 0,
    onFailure: 'closed',
    otherwise: proceed({ dkim: { signatures: [] } }),
    refuse: () => proceed({ dkim: { signatures: [{ result: 'temperror' }] } }),
    timeoutMs: stepMs,
  }),
  'authn.arcVerify': hook<ArcRequest, ArcAnswer>({
    request: arcRequest,
    response: arcAnswer,
    combine: 'first-provider',
    provides: ({ arc }) => arc.result !== 'none',
    onFailure: 'closed',
    otherwise: proceed({ arc: { result: 'none', instances: 0, sealers: [] } }),
    refuse: () => proceed({ arc: { result: 'temperror', instances: 0, sealers: [] } }),
    timeoutMs: stepMs,
  }),
  'authn.dmarcCheck': hook<DmarcRequest, DmarcAnswer>({
    request: dmarcRequest,
    response: dmarcAnswer,
    combine: 'first-provider',
    provides: (answer) => answer.action !== 'continue' || answer.dmarc.result !== 'none',
    onFailure: 'closed',
    otherwise: proceed({ dmarc: { result: 'none', ...unaligned } }),
    refuse: (failure: Refused) =>
      refusal(failure) ?? proceed({ dmarc: { result: 'temperror', ...unaligned } }),
    timeoutMs: stepMs,
  }),
};

function refusal(failure: Refused): Reject | Defer | undefined {
  return failure.code === undefined ? undefined : refuseWith(451)(failure);
}
