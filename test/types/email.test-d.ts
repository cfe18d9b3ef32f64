// The mail hooks: what a plugin may answer, and what a host gets.
import { expectTypeOf } from 'vitest';
import {
  definePlugin,
  factsOf,
  Simple,
  type PluginManager,
  type RequestOf,
  type ResponseOf,
} from 'plugboard';
import {
  accept,
  defer,
  discard,
  emailHooks,
  messageServices,
  modify,
  openMessage,
  proceed,
  quarantine,
  readMessage,
  reject,
  replyOf,
  type EmailHooks,
  type RcptToAnswer,
  type RcptToRequest,
  type SpfAnswer,
} from 'plugboard/email';
import { serve } from 'plugboard/serve';

const info = { name: 'plugin', version: '1.0.0' };

// Every hook allows some actions; the compiler refuses the others.
definePlugin<EmailHooks>({
  ...info,
  hooks: {
    'connection.connect': () => (Math.random() > 0.5 ? accept() : reject({ text: 'no', disconnect: true })),
    // @ts-expect-error a connection has nothing that could be modified
    'command.helo': () => modify({ extensions: [] }),
    // @ts-expect-error the reply to EHLO has a list of extensions
    'command.ehlo': () => modify({ extensions: 'SIZE' }),
    // @ts-expect-error to be logged in is to be somebody
    'command.auth': () => accept(),
    'transaction.mailFrom': ({ sender }) => (sender.address === '' ? defer({ code: 451 }) : proceed()),
    // @ts-expect-error a recipient cannot be quarantined, only a message can
    'transaction.rcptTo': () => quarantine({ reason: 'odd' }),
    // @ts-expect-error a code is a number
    'transaction.data': () => reject({ code: '554' }),
    // @ts-expect-error header changes are a list
    'message.headers': () => modify({ headers: { 'X-Seen': 'yes' } }),
    'message.messageComplete': () => discard({ reason: 'backscatter' }),
    // @ts-expect-error what is discarded is recorded with a reason
    'content.contentFilter': () => ({ action: 'discard' }),
    // @ts-expect-error a scanner does not change a message
    'content.antivirusScan': () => modify({ headers: [] }),
    'content.antispamScan': () => proceed({ score: 3, symbols: [{ name: 'A', score: 3 }] }),
    // @ts-expect-error a score is a number
    'security.reputationCheck': () => proceed({ score: 'bad' }),
    // @ts-expect-error greylisting refuses nobody for good
    'security.greylistCheck': () => reject({}),
    // @ts-expect-error it is asked for SPF, and says nothing of it
    'authn.spfCheck': () => proceed(),
    // @ts-expect-error there is no such result
    'authn.arcVerify': () => proceed({ arc: { result: 'maybe', instances: 0, sealers: [] } }),
    // @ts-expect-error what is over cannot be refused
    'delivery.deliverySuccess': () => reject({}),
    // @ts-expect-error a delivery that failed is handled, not refused
    'delivery.deliveryFailure': () => reject({}),
    'queue.enqueue': () => modify({ priority: 'critical' }),
    // @ts-expect-error there are four priorities
    'queue.dequeue': () => modify({ priority: 'urgent' }),
  },
});

// @ts-expect-error the contract has no such hook
definePlugin<EmailHooks>({ ...info, hooks: { 'transaction.rcpt': () => proceed() } });
definePlugin<EmailHooks>({
  ...info,
  // @ts-expect-error a recipient has no `to`
  hooks: { 'transaction.rcptTo': ({ to }) => (to === undefined ? accept() : proceed()) },
});

// The same with serve, for a plugin in a process of its own.
void serve<EmailHooks>({
  ...info,
  hooks: { 'transaction.rcptTo': ({ recipient }) => answer(recipient.domain) },
});
// @ts-expect-error a recipient cannot be discarded
void serve<EmailHooks>({ ...info, hooks: { 'transaction.rcptTo': () => discard({ reason: 'no' }) } });

function answer(domain: string): RcptToAnswer {
  return domain === 'example.org' ? accept() : proceed();
}

// The names of the types are those of the contract.
expectTypeOf<RequestOf<EmailHooks['transaction.rcptTo']>>().toEqualTypeOf<RcptToRequest>();
expectTypeOf<ResponseOf<EmailHooks['transaction.rcptTo']>>().toEqualTypeOf<RcptToAnswer>();

// The host's side.
const mail = await Simple(emailHooks)
  .withServices(messageServices(() => undefined))
  .build();
expectTypeOf(mail).toExtend<PluginManager<EmailHooks>>();
declare const request: RcptToRequest;
const verdict = await mail.run('transaction.rcptTo', request);
expectTypeOf(verdict.answer).toEqualTypeOf<RcptToAnswer>();
expectTypeOf(verdict.request).toEqualTypeOf<RcptToRequest>();
if (verdict.answer.action === 'reject') {
  expectTypeOf(verdict.answer.code).toEqualTypeOf<number | undefined>();
  expectTypeOf(replyOf('transaction.rcptTo', verdict.answer).code).toEqualTypeOf<number>();
}
// @ts-expect-error nothing is refused at the end of a connection
replyOf('connection.disconnect', reject({}));
// @ts-expect-error the request of another hook
void mail.run('transaction.data', request);
// @ts-expect-error who is told only does not decide
void (await mail.run('connection.disconnect', {} as never)).answer.action;

// Facts and messages inside a plugin.
definePlugin<EmailHooks>({
  ...info,
  hooks: {
    async 'message.messageComplete'({ message }, context) {
      expectTypeOf(factsOf<EmailHooks>(context)['authn.spfCheck']).toEqualTypeOf<SpfAnswer | undefined>();
      for await (const chunk of openMessage(message, context)) void chunk;
      expectTypeOf(await readMessage(message, context, 1000)).toEqualTypeOf<Buffer>();
      return proceed();
    },
  },
});
