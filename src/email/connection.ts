import * as z from 'zod';

import type { RunnableHook } from '../hooks/combining.ts';
import { hook } from '../hooks/define.ts';
import { acceptAnswer, deferAnswer, proceedAnswer, rejectAnswer } from './answer-schemas.ts';
import { proceed, type Accept, type Continue, type Defer, type Reject } from './answers.ts';
import { count, spanMs } from './fields.ts';
import { refuseWith } from './refusal.ts';
import { sessionContext, type SessionContext } from './session.ts';
import type { Of, Shape } from './shape.ts';
import { stepMs } from './times.ts';

/** A client has connected and waits for the greeting. */
export interface ConnectRequest extends SessionContext {
  /** Open connections from this address, this one included. */
  readonly activeFromIp: number;
  /** Open connections in all, this one included. */
  readonly activeTotal: number;
}

/** What may be answered to `connection.connect`. */
export type ConnectAnswer = Continue | Accept | Reject | Defer;

/** A connection has ended. Every connection ends so, once, also one that was refused. */
export interface DisconnectRequest extends SessionContext {
  /** `quit`: as it should be. `reset`: the client went away. `rejected`: this side ended it. */
  readonly reason: 'quit' | 'reset' | 'timeout' | 'rejected' | 'shutdown';
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** How many messages were taken. */
  readonly messages: number;
}

/** The hooks of a connection. */
export interface ConnectionHooks {
  readonly 'connection.connect': RunnableHook<ConnectRequest, ConnectAnswer>;
  readonly 'connection.disconnect': RunnableHook<DisconnectRequest, Continue, undefined>;
}

const connectRequest: Of<ConnectRequest> = z.object({
  ...sessionContext,
  activeFromIp: count,
  activeTotal: count,
} satisfies Shape<ConnectRequest>);

const connectAnswer: Of<ConnectAnswer> = z.discriminatedUnion('action', [
  proceedAnswer,
  acceptAnswer,
  rejectAnswer,
  deferAnswer,
]);

const disconnectRequest: Of<DisconnectRequest> = z.object({
  ...sessionContext,
  reason: z.enum(['quit', 'reset', 'timeout', 'rejected', 'shutdown']),
  durationMs: spanMs,
  bytesIn: count,
  bytesOut: count,
  messages: count,
} satisfies Shape<DisconnectRequest>);

export const connectionHooks: ConnectionHooks = {
  'connection.connect': hook<ConnectRequest, ConnectAnswer>({
    request: connectRequest,
    response: connectAnswer,
    combine: 'first-decisive',
    otherwise: proceed(),
    onFailure: 'open',
    refuse: refuseWith(421),
    timeoutMs: stepMs,
  }),
  'connection.disconnect': hook<DisconnectRequest, Continue>({
    request: disconnectRequest,
    response: proceedAnswer,
    combine: 'observe',
  }),
};
