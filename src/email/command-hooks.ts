import * as z from 'zod';

import type { RunnableHook } from '../hooks/combining.ts';
import { hook } from '../hooks/define.ts';
import { deferAnswer, proceedAnswer, rejectAnswer } from './answer-schemas.ts';
import { proceed, reject } from './answers.ts';
import {
  authAccept,
  authRequest,
  ehloRequest,
  extensionsAnswer,
  heloRequest,
  startTlsRequest,
  type AuthAnswer,
  type AuthRequest,
  type EhloAnswer,
  type EhloRequest,
  type HeloAnswer,
  type HeloRequest,
  type StartTlsAnswer,
  type StartTlsRequest,
} from './command.ts';
import { refuseWith } from './refusal.ts';
import type { Of } from './shape.ts';
import { stepMs } from './times.ts';

/** The hooks of a session's commands. */
export interface CommandHooks {
  readonly 'command.helo': RunnableHook<HeloRequest, HeloAnswer>;
  readonly 'command.ehlo': RunnableHook<EhloRequest, EhloAnswer>;
  readonly 'command.auth': RunnableHook<AuthRequest, AuthAnswer>;
  readonly 'command.startTls': RunnableHook<StartTlsRequest, StartTlsAnswer>;
}

const refusals = [proceedAnswer, rejectAnswer, deferAnswer] as const;
const heloAnswer: Of<HeloAnswer> = z.discriminatedUnion('action', refusals);
const ehloAnswer: Of<EhloAnswer> = z.discriminatedUnion('action', [...refusals, extensionsAnswer]);
const authAnswer: Of<AuthAnswer> = z.discriminatedUnion('action', [...refusals, authAccept]);

export const commandHooks: CommandHooks = {
  'command.helo': hook<HeloRequest, HeloAnswer>({
    request: heloRequest,
    response: heloAnswer,
    combine: 'first-decisive',
    otherwise: proceed(),
    onFailure: 'open',
    refuse: refuseWith(450),
    timeoutMs: stepMs,
  }),
  'command.ehlo': hook<EhloRequest, EhloAnswer>({
    request: ehloRequest,
    response: ehloAnswer,
    combine: 'modify-chain',
    apply: (request, answer) =>
      answer.action === 'modify' ? { ...request, extensions: answer.extensions } : request,
    otherwise: proceed(),
    onFailure: 'open',
    refuse: refuseWith(450),
    timeoutMs: stepMs,
  }),
  'command.auth': hook<AuthRequest, AuthAnswer>({
    request: authRequest,
    response: authAnswer,
    combine: 'first-decisive',
    otherwise: reject({}),
    onFailure: 'closed',
    refuse: refuseWith(454),
    timeoutMs: stepMs,
  }),
  'command.startTls': hook<StartTlsRequest, StartTlsAnswer>({
    request: startTlsRequest,
    response: heloAnswer,
    combine: 'first-decisive',
    otherwise: proceed(),
    onFailure: 'closed',
    refuse: refuseWith(454),
    timeoutMs: stepMs,
  }),
};
