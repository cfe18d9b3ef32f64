import {
  defer,
  modify,
  proceed,
  reject,
  type AntispamAnswer,
  type HeaderOp,
  type SpamScore,
} from 'plugboard/email';
import type { RspamdReply } from './reply.ts';
import { oneLine } from '../one-line.ts';

/** What Rspamd's words mean here. Only `reject` and `soft reject` refuse; of the score the host makes up its mind. */
export function answerTo(reply: RspamdReply): AntispamAnswer {
  const found: SpamScore = { score: reply.score, symbols: symbolsOf(reply) };
  // At most three bytes each: a reply has room for 496.
  const text = oneLine(reply.messages.smtp_message ?? 'Message looks like spam', 400).slice(0, 160);
  if (reply.action === 'reject') return reject({ ...found, code: 550, enhanced: '5.7.1', text });
  if (reply.action === 'soft reject') return defer({ ...found, code: 451, enhanced: '4.7.1', text });
  const headers = changesOf(reply);
  return headers.length === 0 ? proceed(found) : modify({ ...found, headers });
}

function symbolsOf({ symbols }: RspamdReply): NonNullable<SpamScore['symbols']> {
  return Object.values(symbols)
    .slice(0, 1000)
    .map(({ name, score, options = [] }) => ({
      name: oneLine(name, 400),
      score,
      options: options.slice(0, 100).map((option) => option.slice(0, 1000)),
    }));
}

function changesOf({ action, subject, milter }: RspamdReply): readonly HeaderOp[] {
  const removed = Object.keys(milter.remove_headers)
    .filter(isName)
    .map((name) => ({ op: 'remove', name }) as const);
  const added = Object.entries(milter.add_headers)
    .filter(([name]) => isName(name))
    .flatMap(([name, values]) =>
      [values].flat().map((value) => ({ op: 'add', name, value: oneLine(value, 400) }) as const),
    );
  const tag = action === 'add header' ? [{ op: 'add', name: 'X-Spam', value: 'Yes' } as const] : [];
  const isRewritten = action === 'rewrite subject' && subject !== undefined;
  const rewritten = isRewritten
    ? [{ op: 'replace', name: 'Subject', value: oneLine(subject, 400) } as const]
    : [];
  return [...removed, ...added, ...tag, ...rewritten];
}

/** One wrong name would make the whole answer one that does not count. */
function isName(name: string): boolean {
  return /^[!-9;-~]{1,76}$/.test(name);
}
