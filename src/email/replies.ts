import type { ResponseOf } from '../core/contract.ts';
import type { Defer, Reject } from './answers.ts';
import type { EmailHook, EmailHooks } from './hooks.ts';

type Refusing<K extends EmailHook> = Extract<ResponseOf<EmailHooks[K]>['action'], 'reject' | 'defer'>;

/** A hook that may refuse. */
export type RefusingHook = { [K in EmailHook]: Refusing<K> extends never ? never : K }[EmailHook];

/** What a hook says where its answer does not: code, enhanced status, text. */
export type DefaultReplies = { readonly [K in RefusingHook]: Readonly<Record<Refusing<K>, string>> };

const later = 'Please try again later';
const unwelcome = '554 5.7.1 Not welcome here';
const shunned = '550 5.7.1 Refused by policy';
const failed = `451 4.3.0 ${later}`;

/** The codes of the table in docs/email.md. */
export const defaultReplies: DefaultReplies = {
  'connection.connect': { reject: unwelcome, defer: `421 4.7.0 ${later}` },
  'command.helo': { reject: shunned, defer: `450 4.7.1 ${later}` },
  'command.ehlo': { reject: shunned, defer: `450 4.7.1 ${later}` },
  'command.auth': {
    reject: '535 5.7.8 Authentication credentials invalid',
    defer: '454 4.7.0 Temporary authentication failure',
  },
  'command.startTls': { reject: '502 5.5.1 TLS not available', defer: '454 4.7.0 TLS not available now' },
  'transaction.mailFrom': { reject: '550 5.7.1 Sender refused', defer: `451 4.7.1 ${later}` },
  'transaction.rcptTo': { reject: '550 5.1.1 No such recipient', defer: `450 4.2.1 ${later}` },
  'transaction.data': { reject: '554 5.5.1 No message wanted', defer: failed },
  'message.headers': { reject: '550 5.6.0 Header refused', defer: failed },
  'message.body': { reject: '550 5.7.1 Content refused', defer: failed },
  'message.messageComplete': { reject: '550 5.7.1 Message refused', defer: failed },
  'queue.enqueue': { reject: '554 5.3.0 Message cannot be queued', defer: failed },
  'queue.dequeue': { defer: failed },
  'queue.queueRetry': { reject: '554 5.4.7 Delivery given up' },
  'delivery.preDelivery': { reject: '554 5.7.1 Delivery refused', defer: failed },
  'delivery.deliveryAttempt': { defer: failed },
  'security.rateLimitCheck': { reject: unwelcome, defer: '450 4.7.1 Too much at once; please slow down' },
  'security.greylistCheck': { defer: `451 4.7.1 Greylisted; ${later.toLowerCase()}` },
  'security.reputationCheck': { reject: unwelcome, defer: `450 4.7.1 ${later}` },
  'content.antivirusScan': { reject: '554 5.7.1 Malware found', defer: `451 4.7.1 ${later}` },
  'content.antispamScan': { reject: '550 5.7.1 Message looks like spam', defer: `451 4.7.1 ${later}` },
  'content.contentFilter': { reject: shunned, defer: `451 4.7.1 ${later}` },
  'authn.spfCheck': { reject: '550 5.7.23 SPF validation failed', defer: '451 4.7.24 SPF validation error' },
  'authn.dkimVerify': { reject: '550 5.7.20 No passing DKIM signature found' },
  'authn.dmarcCheck': {
    reject: '550 5.7.1 Refused by the DMARC policy of the domain',
    defer: `451 4.7.1 ${later}`,
  },
};

/** A refusal as it goes to the client. */
export interface Reply {
  readonly code: number;
  readonly enhanced: string;
  /** In printable ASCII: a client that did not ask for SMTPUTF8 may not get more (RFC 6531 §3.7.4.2). */
  readonly text: string;
}

/** What to tell the client: what the answer says, and from the hook's defaults what it does not. */
export function replyOf(hook: RefusingHook, answer: Reject | Defer): Reply {
  const usual = usualReply(hook, answer.action);
  const code = answer.code ?? usual.code;
  const enhanced =
    answer.enhanced ?? (code === usual.code ? usual.enhanced : `${Math.floor(code / 100)}.0.0`);
  const text = answer.text ?? (answer.code === undefined || code === usual.code ? usual.text : 'Refused');
  return { code, enhanced, text: text.replaceAll(/[^ -~]/g, '?') };
}

/** Whether an answer says no, for good or for now. */
export function isRefusal(said: { readonly action: string }): said is Reject | Defer {
  return said.action === 'reject' || said.action === 'defer';
}

function usualReply(hook: RefusingHook, action: 'reject' | 'defer'): Reply {
  const replies: { readonly reject?: string; readonly defer?: string } = defaultReplies[hook];
  const line = replies[action] ?? (action === 'reject' ? '550 5.0.0 Refused' : failed);
  const [code = '', enhanced = '', ...words] = line.split(' ');
  return { code: Number(code), enhanced, text: words.join(' ') };
}
