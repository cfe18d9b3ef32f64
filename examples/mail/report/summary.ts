import type { Decision, Judged } from '../judge.ts';
import { count, duration } from './text.ts';

/** What came out, in two lines of numbers. `lost` is what is left when every known end is taken away. */
export function summary(
  messagesIn: number,
  messages: readonly Judged[],
  restarts: number,
  elapsedMs: number,
): string[] {
  const number = (wanted: Decision): number => messages.filter(({ decision }) => decision === wanted).length;
  const [accepted, junk, rejected, deferred] = [
    number('accept'),
    number('junk'),
    number('reject'),
    number('defer'),
  ];
  const judged = accepted + junk + rejected;
  return [
    `Messages in ${messagesIn}, judged ${judged}, deferred ${deferred}, lost ${messagesIn - judged - deferred}; ` +
      `${count(restarts, 'restart')}, ${duration(elapsedMs)}.`,
    `Accepted ${accepted}, junk ${junk}, rejected ${rejected}.`,
  ];
}
