import * as z from 'zod';

import type { RunnableHook } from '../hooks/combining.ts';
import { hook } from '../hooks/define.ts';
import { proceedAnswer } from './answer-schemas.ts';
import type { Continue } from './answers.ts';
import { count, id, lineOfText } from './fields.ts';
import type { Of, Shape } from './shape.ts';

/** What went wrong, in words that hold no secret. */
export interface MailError {
  readonly name: string;
  readonly message: string;
  /** Such as `PLUGIN_1205`. */
  readonly code?: string | undefined;
}

/** Something went wrong. A failure of this hook itself is not told to it. */
export interface ErrorRequest {
  readonly sessionId?: string | undefined;
  readonly error: MailError;
  readonly plugin?: string | undefined;
  readonly failedHook?: string | undefined;
  /** Where: the name of a hook, or of a part of the host that runs none. */
  readonly stage: string;
}

/** What went wrong is made good: the plugin runs again, or its breaker lets calls through. */
export interface RecoveryRequest {
  readonly kind: 'throw' | 'rejection' | 'timeout' | 'workerExit' | 'circuitOpen';
  readonly plugin: string;
  /** Where: the name of a hook, or of a part of the host that runs none. */
  readonly stage: string;
  /** How often the plugin was started again. */
  readonly restarts: number;
}

/** The hooks of those who are told of failures. */
export interface ErrorHooks {
  readonly 'error.error': RunnableHook<ErrorRequest, Continue, undefined>;
  readonly 'error.recovery': RunnableHook<RecoveryRequest, Continue, undefined>;
}

const mailError: Of<MailError> = z.object({
  name: lineOfText,
  message: z.string().max(10_000),
  code: lineOfText.optional(),
} satisfies Shape<MailError>);

const errorRequest: Of<ErrorRequest> = z.object({
  sessionId: id.optional(),
  error: mailError,
  plugin: lineOfText.optional(),
  failedHook: lineOfText.optional(),
  stage: lineOfText,
} satisfies Shape<ErrorRequest>);

const recoveryRequest: Of<RecoveryRequest> = z.object({
  kind: z.enum(['throw', 'rejection', 'timeout', 'workerExit', 'circuitOpen']),
  plugin: lineOfText,
  stage: lineOfText,
  restarts: count,
} satisfies Shape<RecoveryRequest>);

export const errorHooks: ErrorHooks = {
  'error.error': hook<ErrorRequest, Continue>({
    request: errorRequest,
    response: proceedAnswer,
    combine: 'observe',
  }),
  'error.recovery': hook<RecoveryRequest, Continue>({
    request: recoveryRequest,
    response: proceedAnswer,
    combine: 'observe',
  }),
};
