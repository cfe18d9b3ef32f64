import { isPluginError, type PluginError } from 'plugboard';
import { setTimeout as delay } from 'node:timers/promises';
import type { MailRequest, MailVerdict } from './contract.ts';
import { parseMessage } from './message/parse-message.ts';
import type { Mail } from './message/load.ts';

/** What happens to a message. `defer`: a plugin could not be asked; the message waits for another try. */
export type Decision = 'accept' | 'junk' | 'reject' | 'defer';

/** What one plugin said of a message, or why it said nothing. */
export type Answer = Effort & (MailVerdict | { readonly failure: PluginError });

/** What it took to get an answer. */
interface Effort {
  /** From the first question to the answer, with all waiting in between. */
  readonly elapsedMs: number;
  /** 1 when it answered at once. */
  readonly attempts: number;
}

/** A message with the answers of all plugins, in the order of the plugins. */
export interface Judged {
  readonly id: string;
  readonly subject: string;
  readonly answers: readonly Answer[];
  readonly score: number;
  readonly decision: Decision;
}

/** Asks one plugin about one message. */
export type Ask = (plugin: string, request: MailRequest) => Promise<MailVerdict>;

/** A call that failed, seen as it happens. */
export type OnFailure = (id: string, error: PluginError) => void;

/** One plugin can send a message to the junk folder; it takes two to reject it. */
export const mostPerPlugin = 8;
export const junkFrom = 5;
export const rejectFrom = 10;
const mostAttempts = 10;
const pauseMs = 100;

/** Asks all plugins about a message at the same time and adds up what they say. */
export async function judge(
  plugins: readonly string[],
  mail: Mail,
  ask: Ask,
  onFailure: OnFailure,
): Promise<Judged> {
  const request = parseMessage(mail.id, mail.raw);
  const answers = await Promise.all(plugins.map((plugin) => answerOf(plugin, request, ask, onFailure)));
  const score = answers.reduce(
    (sum, answer) => sum + ('failure' in answer ? 0 : Math.min(answer.score, mostPerPlugin)),
    0,
  );
  return { id: mail.id, subject: request.subject, answers, score, decision: decide(answers, score) };
}

function decide(answers: readonly Answer[], score: number): Decision {
  if (answers.some((answer) => 'failure' in answer)) return 'defer';
  if (score >= rejectFrom) return 'reject';
  return score >= junkFrom ? 'junk' : 'accept';
}

/** A failure that may pass is no reason to lose a message: it is asked again when the plugin says it can be. */
async function answerOf(
  plugin: string,
  request: MailRequest,
  ask: Ask,
  onFailure: OnFailure,
): Promise<Answer> {
  const started = performance.now();
  for (let attempts = 1; ; attempts++) {
    try {
      const verdict = await ask(plugin, request);
      return { ...verdict, attempts, elapsedMs: performance.now() - started };
    } catch (error) {
      if (!isPluginError(error)) throw error;
      onFailure(request.id, error);
      if (!error.retryable || attempts === mostAttempts)
        return { failure: error, attempts, elapsedMs: performance.now() - started };
      await delay(error.retryAfterMs ?? pauseMs);
    }
  }
}
