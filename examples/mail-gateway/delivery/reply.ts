import type { NodemailerError } from 'nodemailer';
import type { Reject } from 'plugboard/email';
import { printable } from './printable.ts';
import type { Reply } from '../queue/journal-entry.ts';

/** What nobody said, but what is so. */
export function ownReply(code: number, enhanced: string, text: string): Reply {
  return { code, enhanced, text: printable(text) };
}

/** Whether trying again is of no use. 503 says that the session went wrong, not that the mail is not wanted. */
export function isPermanent(reply: Reply): boolean {
  return reply.code >= 500 && reply.code !== 503;
}

/** A reply line as a peer sent it: `550 5.1.1 no such user`. */
export function parseReply(line: string): Reply {
  const [, code = '451', enhanced, text = ''] =
    /^(\d{3})[ -]?(?:(\d\.\d{1,3}\.\d{1,3}) ?)?(.*)$/s.exec(line) ?? [];
  return { code: Number(code), enhanced: enhanced ?? `${code.charAt(0)}.0.0`, text: printable(text) };
}

/** What a failed attempt means: the peer's own words, or that it could not be reached. */
export function replyOfError(error: NodemailerError): Reply {
  if (error.response !== undefined && error.responseCode !== undefined && error.responseCode >= 400) {
    return parseReply(error.response);
  }
  if (error.code === 'ETLS' || error.code === 'EREQUIRETLS') return ownReply(454, '4.7.5', error.message);
  if (error.code === 'EAUTH' || error.code === 'ENOAUTH') return ownReply(454, '4.7.0', error.message);
  return ownReply(451, '4.4.1', error.message);
}

/** A plugin's refusal, as if a peer had said it. */
export function replyOfAnswer(answer: Reject): Reply {
  return ownReply(answer.code ?? 550, answer.enhanced ?? '5.7.1', answer.text ?? 'refused by policy');
}
