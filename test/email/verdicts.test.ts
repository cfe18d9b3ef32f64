import { describe, expect, it } from 'vitest';
import { factsOf, openScope } from 'plugboard';
import {
  accept,
  defer,
  headerChanges,
  mailAddr,
  modify,
  proceed,
  reject,
  type AntispamAnswer,
  type EmailHooks,
  type RateLimitAnswer,
} from 'plugboard/email';
import { mailHost } from './hosts.ts';
import { requests } from './samples.ts';

const broken = (): never => {
  throw new Error('out of order');
};

describe('a recipient', () => {
  const { 'transaction.rcptTo': request } = requests;

  it('is refused where no plugin takes it', async () => {
    await using host = await mailHost([{ 'transaction.rcptTo': () => proceed() }]);
    expect(await host.manager.run('transaction.rcptTo', request)).toMatchObject({
      answer: { action: 'reject', code: 550, enhanced: '5.7.1' },
      by: undefined,
    });
  });

  it('is taken by the first plugin that accepts it, as those before have rewritten it', async () => {
    await using host = await mailHost(
      [
        {
          'transaction.rcptTo': () =>
            modify({ recipient: mailAddr('list@example.net'), alsoTo: [mailAddr('eve@example.net')] }),
        },
      ],
      [{ 'transaction.rcptTo': () => modify({ alsoTo: [mailAddr('zoe@example.net')] }) }],
      [
        {
          'transaction.rcptTo': ({ recipient }) =>
            recipient.local === 'list' ? accept() : reject({ text: 'unknown' }),
        },
      ],
      [{ 'transaction.rcptTo': () => reject({ text: 'too late' }) }],
    );
    const verdict = await host.manager.run('transaction.rcptTo', { ...request, alsoTo: undefined });
    expect(verdict).toMatchObject({ answer: { action: 'accept' }, by: 'c' });
    expect(verdict.request.recipient.address).toBe('list@example.net');
    expect(verdict.request.alsoTo?.map(({ local }) => local)).toEqual(['eve', 'zoe']);
  });

  it('may come again where a plugin fails: closed with 451, or as its operator wants', async () => {
    const fails = { 'transaction.rcptTo': broken };
    const verdictOf = async (onFailure?: 'open' | { closed: number }): Promise<unknown> => {
      await using host = await mailHost(onFailure === undefined ? [fails] : [fails, { onFailure }]);
      const { answer } = await host.manager.run('transaction.rcptTo', request);
      return answer;
    };
    expect(await verdictOf()).toMatchObject({ action: 'defer', code: 451, enhanced: '4.3.0' });
    expect(await verdictOf({ closed: 450 })).toMatchObject({ action: 'defer', code: 450 });
    expect(await verdictOf({ closed: 550 })).toMatchObject({
      action: 'reject',
      code: 550,
      enhanced: '5.3.0',
    });
    expect(await verdictOf({ closed: 250 })).toMatchObject({ action: 'defer', code: 451 });
    expect(await verdictOf('open')).toMatchObject({ action: 'reject', enhanced: '5.7.1' });
  });
});

describe('an illegal answer', () => {
  it.each([
    ['a code that belies the action', reject({ code: 250 })],
    ['a second reply in its text', reject({ text: 'no\r\n250 OK' })],
  ])('with %s is a failure of the plugin, and reaches no client', async (_what, answer) => {
    await using host = await mailHost([{ 'transaction.data': () => answer }]);
    const verdict = await host.manager.run('transaction.data', requests['transaction.data']);
    expect(verdict.answer).toMatchObject({ action: 'defer', code: 451 });
    expect(verdict.failures).toMatchObject([{ plugin: 'a', rule: 'closed', error: { code: 'PLUGIN_1210' } }]);
  });
});

describe('a log-in', () => {
  const { 'command.auth': request } = requests;

  it('fails where nobody knows the user, and waits where a plugin fails', async () => {
    await using none = await mailHost([{ 'command.auth': () => proceed() }]);
    expect(await none.manager.run('command.auth', request)).toMatchObject({ answer: { action: 'reject' } });
    await using failing = await mailHost([{ 'command.auth': broken }]);
    expect(await failing.manager.run('command.auth', request)).toMatchObject({
      answer: { action: 'defer', code: 454 },
    });
  });
});

describe('a header', () => {
  it('is shown to each plugin as those before have left it, and a refusal after changes refuses', async () => {
    const seen: string[][] = [];
    const stamp = (name: string) => ({
      'message.headers': ({ headers }: { headers: readonly (readonly [string, string])[] }) => {
        seen.push(headers.map(([own]) => own));
        return modify({ headers: [{ op: 'add', name, value: 'yes' }] });
      },
    });
    await using host = await mailHost(
      [stamp('X-Late'), { priority: 5 }],
      [stamp('X-Early')],
      [{ 'message.headers': () => reject({ text: 'no' }) }, { priority: 9 }],
    );
    const { answer, request, modifications } = await host.manager.run(
      'message.headers',
      requests['message.headers'],
    );
    expect(seen).toEqual([
      ['Subject', 'From'],
      ['X-Early', 'Subject', 'From'],
    ]);
    expect(request.headers.map(([name]) => name)).toEqual(['X-Late', 'X-Early', 'Subject', 'From']);
    expect(headerChanges({ answer, modifications }).map(({ name }) => name)).toEqual(['X-Early', 'X-Late']);
    expect(answer).toMatchObject({ action: 'reject' });
  });
});

describe('scores of several spam filters', () => {
  const scores = async (...answers: readonly AntispamAnswer[]): Promise<AntispamAnswer> => {
    await using host = await mailHost(
      ...answers.map((answer) => [{ 'content.antispamScan': () => answer }] as const),
    );
    const { answer } = await host.manager.run('content.antispamScan', requests['content.antispamScan']);
    return answer;
  };
  const score = (value: number, name: string): AntispamAnswer =>
    proceed({ score: value, symbols: [{ name, score: value }] });

  it('pass as long as their sum is low, with every symbol', async () => {
    expect(await scores(score(3, 'A'), score(2.5, 'B'))).toEqual({
      action: 'continue',
      score: 5.5,
      symbols: [
        { name: 'A', score: 3 },
        { name: 'B', score: 2.5 },
      ],
    });
  });

  it('tag from 6 and refuse from 15 only together', async () => {
    expect(await scores(score(3, 'A'), score(3, 'B'))).toMatchObject({
      action: 'modify',
      headers: [{ name: 'X-Spam-Flag' }, { name: 'X-Spam-Score' }],
    });
    expect(await scores(score(14.9, 'A'))).toMatchObject({ action: 'modify' });
    expect(await scores(score(8, 'A'), score(7, 'B'))).toMatchObject({ action: 'reject', score: 15 });
  });

  it('yield to a filter that refuses by itself', async () => {
    expect(await scores(score(1, 'A'), defer({ text: 'soft reject', score: 1 }))).toMatchObject({
      action: 'defer',
    });
  });

  it('leave a refusal its own words', async () => {
    expect(await scores(score(9, 'A'), reject({ text: 'Known spam', score: 9 }))).toEqual({
      action: 'reject',
      text: 'Known spam',
      score: 9,
    });
  });

  it('are made good for by nobody: without a filter the message passes, with a note of who failed', async () => {
    await using host = await mailHost([{ 'content.antispamScan': broken }]);
    const { answer, failures } = await host.manager.run(
      'content.antispamScan',
      requests['content.antispamScan'],
    );
    expect(answer).toEqual({ action: 'continue', score: 0 });
    expect(failures).toMatchObject([{ plugin: 'a', rule: 'open' }]);
  });

  it('change the header by what the filters say and by what they come to', async () => {
    await using host = await mailHost(
      [
        {
          'content.antispamScan': () =>
            modify({ score: 5, headers: [{ op: 'add', name: 'X-Own', value: '5' }] }),
        },
      ],
      [{ 'content.antispamScan': () => proceed({ score: 5 }) }],
    );
    const verdict = await host.manager.run('content.antispamScan', requests['content.antispamScan']);
    expect(headerChanges(verdict).map(({ name }) => name)).toEqual(['X-Own', 'X-Spam-Flag', 'X-Spam-Score']);
  });
});

describe('a limit', () => {
  const limits = async (...answers: readonly RateLimitAnswer[]): Promise<RateLimitAnswer> => {
    await using host = await mailHost(
      ...answers.map((answer) => [{ 'security.rateLimitCheck': () => answer }] as const),
    );
    const { answer } = await host.manager.run('security.rateLimitCheck', requests['security.rateLimitCheck']);
    return answer;
  };

  it('does not hold for who is on an allow list, and a deny list comes before it', async () => {
    expect(await limits(defer({}), accept(), reject({}))).toMatchObject({ action: 'accept' });
    expect(await limits(defer({}), reject({}))).toMatchObject({ action: 'reject' });
    expect(await limits(proceed({ remaining: 3 }), defer({}))).toMatchObject({ action: 'defer' });
  });

  it('is the strictest of several', async () => {
    expect(await limits(proceed({ remaining: 3 }), proceed({ remaining: 1 }), proceed())).toEqual({
      action: 'continue',
      remaining: 1,
    });
  });
});

describe('a greylist', () => {
  it('yields to any plugin that knows the sender', async () => {
    const { 'security.greylistCheck': request } = requests;
    await using host = await mailHost(
      [{ 'security.greylistCheck': () => defer({ retryAfterMs: 1000 }) }],
      [{ 'security.greylistCheck': () => accept() }],
    );
    expect(await host.manager.run('security.greylistCheck', request)).toMatchObject({ by: 'b' });
  });
});

describe('what is found out about a sender', () => {
  const { 'authn.spfCheck': request } = requests;

  it('is none without a plugin, and unknown for now where the plugin fails', async () => {
    await using nobody = await mailHost();
    expect(await nobody.manager.run('authn.spfCheck', request)).toMatchObject({
      answer: { spf: { result: 'none' } },
    });
    await using failing = await mailHost([{ 'authn.spfCheck': broken, 'authn.dkimVerify': broken }]);
    expect(await failing.manager.run('authn.spfCheck', request)).toMatchObject({
      answer: { action: 'continue', spf: { result: 'temperror' } },
    });
    expect(await failing.manager.run('authn.dkimVerify', requests['authn.dkimVerify'])).toMatchObject({
      answer: { dkim: { signatures: [{ result: 'temperror' }] } },
    });
    await using strict = await mailHost([{ 'authn.spfCheck': broken }, { onFailure: { closed: 451 } }]);
    expect(await strict.manager.run('authn.spfCheck', request)).toMatchObject({
      answer: { action: 'defer', code: 451 },
    });
  });

  it('is a fact for the hooks that follow in the same message', async () => {
    const found: unknown[] = [];
    await using host = await mailHost([
      {
        'authn.spfCheck': () => proceed({ spf: { result: 'softfail' } }),
        'message.messageComplete': (_request, context) => {
          found.push(factsOf<EmailHooks>(context)['authn.spfCheck']);
          return proceed();
        },
      },
    ]);
    const within = openScope('transaction', openScope('session'));
    await host.manager.run('authn.spfCheck', request, { within });
    await host.manager.run('message.messageComplete', requests['message.messageComplete'], { within });
    expect(found).toEqual([{ action: 'continue', spf: { result: 'softfail' } }]);
  });
});

describe('a delivery', () => {
  it('waits where a plugin fails before it, and keeps its schedule where one fails after it', async () => {
    await using host = await mailHost([
      { 'delivery.preDelivery': broken, 'delivery.deliveryFailure': broken, 'queue.queueRetry': broken },
      { onFailure: 'closed' },
    ]);
    const { manager } = host;
    expect(
      (await manager.run('delivery.preDelivery', requests['delivery.preDelivery'])).answer,
    ).toMatchObject({
      action: 'defer',
    });
    const failure = await manager.run('delivery.deliveryFailure', requests['delivery.deliveryFailure']);
    expect(failure.answer).toEqual({ action: 'continue' });
    const retry = await manager.run('queue.queueRetry', requests['queue.queueRetry']);
    expect(retry.answer).toEqual({ action: 'continue' });
  });

  it('goes where the plugins say, each seeing what those before said', async () => {
    await using host = await mailHost(
      [{ 'delivery.preDelivery': () => modify({ route: { host: 'a', port: 24, protocol: 'lmtp' } }) }],
      [
        {
          'delivery.preDelivery': ({ route }) =>
            modify({ tls: 'none', headers: [{ op: 'add', name: 'X-Route', value: route?.host ?? '' }] }),
        },
      ],
    );
    const { request } = await host.manager.run('delivery.preDelivery', requests['delivery.preDelivery']);
    expect(request).toMatchObject({ route: { host: 'a' }, tls: 'none', bindAddress: '192.0.2.1' });
    expect(request.headers[0]).toEqual(['X-Route', 'a']);
  });
});
