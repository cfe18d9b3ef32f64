import { describe, expect, it } from 'vitest';
import { accept, defer, discard, modify, proceed, quarantine, reject, type EmailHook } from 'plugboard/email';
import { check, names } from './check.ts';

const route = { host: 'mx', port: 25, protocol: 'lmtp' };
const spf = { result: 'pass' };
const dkim = { signatures: [] };
const dmarc = { result: 'pass', policy: 'none', alignment: { spf: true, dkim: false } };
const arc = { result: 'none', instances: 0, sealers: [] };
const headers = [{ op: 'add', name: 'X-Seen', value: 'yes' }];

/** One answer of each action; those of a hook are these but for what it wants with them. */
const plain = {
  continue: proceed(),
  accept: accept(),
  reject: reject({ text: 'no' }),
  defer: defer({ text: 'later' }),
  discard: discard({ reason: 'no' }),
  quarantine: quarantine({ reason: 'odd' }),
  modify: modify({ headers }),
};
type Action = keyof typeof plain;
const allowing = (answers: Partial<Record<Action, object>>): Partial<Record<Action, object>> => answers;
const only = (...actions: readonly Action[]): Partial<Record<Action, object>> =>
  Object.fromEntries(actions.map((action) => [action, plain[action]]));
const refusals = only('continue', 'reject', 'defer');

/** Every action that each hook allows, with an answer. */
const allowed: Readonly<Record<EmailHook, Partial<Record<Action, object>>>> = {
  'connection.connect': { ...refusals, ...only('accept') },
  'connection.disconnect': only('continue'),
  'command.helo': refusals,
  'command.ehlo': allowing({ ...refusals, modify: modify({ extensions: ['SIZE 10', 'X-LATER'] }) }),
  'command.auth': allowing({ ...refusals, accept: accept({ identity: 'ada' }) }),
  'command.startTls': refusals,
  'transaction.mailFrom': allowing({
    ...refusals,
    modify: modify({ sender: { address: '', local: '', domain: '' } }),
  }),
  'transaction.rcptTo': allowing({ ...refusals, ...only('accept'), modify: modify({ alsoTo: [] }) }),
  'transaction.data': refusals,
  'transaction.reset': only('continue'),
  'message.headers': { ...refusals, ...only('quarantine', 'modify') },
  'message.body': allowing({
    ...refusals,
    ...only('quarantine'),
    modify: modify({ replacement: { contentType: 'text/plain', text: '' } }),
  }),
  'message.messageComplete': { ...refusals, ...only('accept', 'discard', 'quarantine', 'modify') },
  'queue.enqueue': allowing({ ...refusals, modify: modify({ priority: 'low', route, holdUntilMs: 1 }) }),
  'queue.dequeue': allowing({ ...only('continue', 'defer', 'discard'), modify: modify({ route }) }),
  'queue.queueRetry': allowing({
    ...only('continue', 'reject', 'discard'),
    modify: modify({ nextDelayMs: 1 }),
  }),
  'delivery.preDelivery': allowing({ ...refusals, modify: modify({ headers, tls: 'required' }) }),
  'delivery.deliveryAttempt': only('continue', 'defer'),
  'delivery.deliverySuccess': only('continue'),
  'delivery.deliveryFailure': allowing({ ...only('continue'), modify: modify({ bounceNow: true }) }),
  'security.rateLimitCheck': allowing({
    ...refusals,
    ...only('accept'),
    continue: proceed({ remaining: 1.5, resetMs: 10 }),
  }),
  'security.greylistCheck': only('continue', 'accept', 'defer'),
  'security.reputationCheck': allowing({ ...refusals, continue: proceed({ score: -1 }) }),
  'content.antivirusScan': allowing({
    ...only('continue', 'discard', 'defer'),
    reject: reject({ signature: 'Eicar' }),
    quarantine: quarantine({ reason: 'infected', signature: 'Eicar' }),
  }),
  'content.antispamScan': allowing({
    ...only('quarantine', 'defer'),
    continue: proceed({ score: 1, symbols: [{ name: 'A', score: 1, options: ['x'] }] }),
    reject: reject({ score: 20 }),
    modify: modify({ headers, score: 7 }),
  }),
  'content.contentFilter': { ...refusals, ...only('discard', 'quarantine', 'modify') },
  'authn.spfCheck': allowing({ continue: proceed({ spf }), reject: reject({ spf }), defer: defer({}) }),
  'authn.dkimVerify': allowing({ continue: proceed({ dkim }), reject: reject({}) }),
  'authn.arcVerify': allowing({ continue: proceed({ arc }) }),
  'authn.dmarcCheck': allowing({
    continue: proceed({ dmarc }),
    reject: reject({ dmarc }),
    quarantine: quarantine({ reason: 'p=quarantine', dmarc }),
    defer: defer({}),
  }),
  'metrics.metricsCollect': only('continue'),
  'error.error': only('continue'),
  'error.recovery': only('continue'),
};

describe.each(names)('%s', (name) => {
  const actions = Object.keys(plain) as readonly Action[];
  const answers = allowed[name];

  it(`takes ${Object.keys(answers).join(', ')}`, async () => {
    for (const answer of Object.values(answers)) {
      expect(await check(name, 'response', answer)).toEqual({ value: answer, issues: [] });
      const noting = { ...answer, notes: { session: { tries: 1 }, transaction: {} } };
      expect(await check(name, 'response', noting)).toEqual({ value: noting, issues: [] });
    }
  });

  it('refuses every other action, an unknown one, and a field that is none', async () => {
    const others = actions.filter((action) => !Object.hasOwn(answers, action)).map((action) => plain[action]);
    const wrong = [...others, { action: 'shrug' }, {}, undefined, 'continue'];
    const misspelt = Object.values(answers).map((answer) => ({ ...answer, txt: 'no' }));
    for (const answer of [...wrong, ...misspelt])
      expect((await check(name, 'response', answer)).issues).not.toEqual([]);
  });
});

describe('a refusal', () => {
  const issues = async (answer: unknown): Promise<readonly string[]> =>
    (await check('transaction.rcptTo', 'response', answer)).issues;

  it.each([
    reject({ code: 550, enhanced: '5.7.1', text: 'Grüße', disconnect: true }),
    reject({ code: 559 }),
    defer({ code: 421, enhanced: '4.123.999', retryAfterMs: 0 }),
    reject({ text: 'x'.repeat(496) }),
  ])('may be %o', async (answer) => expect(await issues(answer)).toEqual([]));

  it.each([
    ['a code of the other class', reject({ code: 450 })],
    ['a code of the other class', defer({ code: 550 })],
    ['a code that no reply has', reject({ code: 560 })],
    ['half a code', reject({ code: 550.5 })],
    ['a status of the other class', reject({ enhanced: '4.7.1' })],
    ['a status of the other class', defer({ code: 450, enhanced: '5.7.1' })],
    ['a status that is none', reject({ enhanced: '5.7' })],
    ['a status with a line of its own', reject({ enhanced: '5.7.1\r\n' })],
    ['a second line', reject({ text: 'no\r\n250 OK' })],
    ['a bare line feed', reject({ text: 'no\n250 OK' })],
    ['a bare carriage return', reject({ text: 'no\r250 OK' })],
    ['a terminal escape', reject({ text: 'no\u001b[2J' })],
    ['a line separator', reject({ text: 'no\u2028yes' })],
    ['more than a line holds', reject({ text: 'x'.repeat(497) })],
    ['more than a line holds, in UTF-8', reject({ text: 'ü'.repeat(249) })],
  ])('may not have %s', async (_what, answer) => expect(await issues(answer)).toHaveLength(1));
});

describe('a change to the header', () => {
  const issues = async (op: object): Promise<readonly string[]> =>
    (await check('message.headers', 'response', { action: 'modify', headers: [op] })).issues;

  it.each([
    { op: 'add', name: 'X-A', value: 'folded\r\n\tonce\r\n and twice', at: 'end' },
    { op: 'add', name: 'X-A', value: 'Grüße' },
    { op: 'replace', name: 'Subject', value: '', index: 1 },
    { op: 'remove', name: 'X-A' },
  ])('may be %o', async (op) => expect(await issues(op)).toEqual([]));

  it.each([
    { op: 'add', name: 'X A', value: '' },
    { op: 'add', name: 'X-A:', value: '' },
    { op: 'add', name: '', value: '' },
    { op: 'add', name: 'X-A\r\nX-B', value: '' },
    { op: 'add', name: 'X-A', value: 'a\r\nBcc: all@example.org' },
    { op: 'add', name: 'X-A', value: 'a\nBcc: all@example.org' },
    { op: 'add', name: 'X-A', value: 'a\r\n\r\nbody' },
    { op: 'add', name: 'X-A', value: 'a\r\n \r\n body' },
    { op: 'add', name: 'X-A', value: 'a\r\n ' },
    { op: 'add', name: 'X-A', value: 'a\u0000' },
    { op: 'add', name: 'X-A', value: 'x'.repeat(901) },
    { op: 'replace', name: 'Subject', value: 'a', index: -1 },
    { op: 'append', name: 'Subject', value: 'a' },
  ])('may not be %o', async (op) => expect(await issues(op)).not.toEqual([]));

  it.each(['\r\n \t \t'.repeat(10_000), `a\r\n\t${' \t'.repeat(32_000)}`])(
    'is judged however much white space there is',
    async (value) => expect(await issues({ op: 'add', name: 'X-A', value })).not.toEqual([]),
  );
});

describe('an answer to EHLO', () => {
  it.each(['SIZE 1\r\nX', '', ' SIZE', 'SIZE  1', 'SIZE ', 'ü'])(
    'may not offer the extension %j',
    async (extension) => {
      const { issues } = await check('command.ehlo', 'response', modify({ extensions: [extension] }));
      expect(issues).toHaveLength(1);
    },
  );
});
