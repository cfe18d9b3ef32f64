import { modify, proceed, reject } from './answers.ts';
import type { AntispamAnswer, SpamSymbol } from './content.ts';

/** What sums of spam scores come to, as Rspamd has it: from `greylist` on a sender is not trusted at once. */
export const spamThresholds: { readonly reject: number; readonly tag: number; readonly greylist: number } =
  Object.freeze({ reject: 15, tag: 6, greylist: 4 });

/** What all filters together say. Above `greylist` it is the host that runs `security.greylistCheck`. */
export function spamTotal(score: number, answers: readonly AntispamAnswer[]): AntispamAnswer | undefined {
  const found = { score, symbols: answers.flatMap(({ symbols = [] }): readonly SpamSymbol[] => symbols) };
  // A filter that refuses by itself says why better than a sum does.
  if (answers.some(({ action }) => action === 'reject')) return undefined;
  if (score >= spamThresholds.reject) return reject({ ...found });
  if (score < spamThresholds.tag) return proceed(found);
  const value = `${score.toFixed(1)} (tagged from ${spamThresholds.tag})`;
  return modify({
    ...found,
    headers: [
      { op: 'add', name: 'X-Spam-Flag', value: 'YES' },
      { op: 'add', name: 'X-Spam-Score', value },
    ],
  });
}
