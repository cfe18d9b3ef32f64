import { fileURLToPath } from 'node:url';
import { modify, proceed, reject } from 'plugboard/email';
import { subprocess } from 'plugboard/transports';
import { afterEach, describe, expect, it } from 'vitest';
import type { OwnPlugin } from '../../../examples/mail-gateway/own-plugin.ts';
import { expectNoChildren, until } from '../../support/processes.ts';
import { Client } from './support/client.ts';
import { everybody, own, testGateway } from './support/gateway.ts';
import { tracer } from './support/tracer.ts';

const to = ['bob@example.net'];
afterEach(expectNoChildren);

describe('scenario 12: several plugins at once', () => {
  const scorer = (name: string, score: number): OwnPlugin =>
    own(name, { 'content.antispamScan': () => proceed({ score }) });

  it.each([
    [[8], /^250 /, 'X-Spam-Flag: YES'],
    [[8, -4], /^250 /, undefined],
    [[8, 8], /^550 5\.7\.1 Message looks like spam$/, undefined],
  ])('sums the scores %j', async (scores, reply, field) => {
    const scorers = scores.map((score, index) => scorer(`scorer-${index}`, score));
    await using test = await testGateway([...scorers, everybody]);
    using client = await Client.hello(test.port);
    expect(await client.send('ada@example.org', to)).toMatch(reply);
    if (!reply.test('250 ')) return;
    const { text } = await test.peer.next();
    expect(text.includes('X-Spam-Flag')).toBe(field !== undefined);
  });

  it('refuses what one changes and the next one refuses', async () => {
    const changer = own(
      'changer',
      { 'message.messageComplete': () => modify({ headers: [] }) },
      { priority: 1 },
    );
    const refuser = own(
      'refuser',
      { 'message.messageComplete': () => reject({ text: 'all the same' }) },
      { priority: 2 },
    );
    await using test = await testGateway([refuser, changer, everybody]);
    using client = await Client.hello(test.port);
    expect(await client.send('ada@example.org', to)).toBe('550 5.7.1 all the same');
  });

  it('applies changes in the order of priority, each on what the one before has left', async () => {
    const appender = (word: string, priority: number): OwnPlugin =>
      own(
        `appender-${word}`,
        {
          'message.headers': ({ headers }) => {
            const subject = headers.find(([name]) => name === 'Subject')?.[1];
            return modify({ headers: [{ op: 'replace', name: 'Subject', value: `${subject} ${word}` }] });
          },
        },
        { priority },
      );
    await using test = await testGateway([appender('second', 2), appender('first', 1), everybody]);
    using client = await Client.hello(test.port);
    await client.send('ada@example.org', to);
    expect((await test.peer.next()).text).toContain('Subject: hello first second\r\n');
  });
});

describe('scenario 13: a plugin that goes wrong', () => {
  const program = fileURLToPath(new URL('programs/misbehaves.mjs', import.meta.url));
  const misbehaves: OwnPlugin = {
    name: 'misbehaves',
    source: subprocess('node', { args: ['--max-old-space-size=24', program] }),
    settings: {
      timeoutMs: 1500,
      restart: { initialDelayMs: 10, maxRestarts: 100 },
      circuitBreaker: false,
      healthCheck: { intervalMs: 500, failureLimit: 2 },
    },
  };

  it.each(['throws', 'rejects', 'hangs', 'lies', 'overreaches', 'splits', 'exits', 'blocks', 'eats'])(
    'gives the verdict of the hook, and harms no other session: one that %s',
    async (way) => {
      const { plugin, seen } = tracer();
      await using test = await testGateway([misbehaves, plugin, everybody]);
      using other = await Client.hello(test.port);
      using client = await Client.hello(test.port);
      const start = performance.now();
      expect(await client.say(`MAIL FROM:<${way}@example.org>`)).toBe(
        '451 4.3.0 A check could not be made; please try again later',
      );
      expect(performance.now() - start).toBeLessThan(10_000);
      expect(await other.say('NOOP')).toMatch(/^250 /);
      const errors = seen.filter(({ hook }) => hook === 'error.error');
      expect(errors).toMatchObject([
        {
          request: {
            plugin: 'misbehaves',
            failedHook: 'transaction.mailFrom',
            sessionId: expect.any(String) as string,
          },
        },
      ]);
      let said: string | undefined;
      while (!said?.startsWith('250 2.6.0'))
        said = (await other.say('RSET')) && (await other.send('good@example.org', to));
    },
  );

  it.each(['exits', 'blocks', 'eats'])('tells when it is made good: one that %s', async (way) => {
    const { plugin, seen } = tracer();
    await using test = await testGateway([misbehaves, plugin, everybody]);
    using client = await Client.hello(test.port);
    await client.say(`MAIL FROM:<${way}@example.org>`);
    await until(() => seen.some(({ hook }) => hook === 'error.recovery'));
    expect(seen.find(({ hook }) => hook === 'error.recovery')?.request).toMatchObject({
      kind: 'workerExit',
      plugin: 'misbehaves',
    });
  });

  it('passes a plugin over where its rule says so', async () => {
    const lenient = { ...misbehaves, settings: { ...misbehaves.settings, onFailure: 'open' as const } };
    await using test = await testGateway([lenient, everybody]);
    using client = await Client.hello(test.port);
    expect(await client.send('throws@example.org', to)).toMatch(/^250 /);
  });
});

describe('scenario 20: replies', () => {
  it('come in the order of the commands, also when the first takes longest', async () => {
    let first = true;
    const slow = own('slow', {
      'transaction.rcptTo': async () => {
        if (first) await new Promise((resolve) => setTimeout(resolve, 50));
        first = false;
        return proceed();
      },
    });
    await using test = await testGateway([slow, everybody]);
    using client = await Client.hello(test.port);
    client.write('MAIL FROM:<a@x.org>\r\nRCPT TO:<b@x.org>\r\nVRFY x\r\nRCPT TO:<c@x.org>\r\nDATA\r\n');
    const codes = [];
    for (let count = 0; count < 5; count++) codes.push((await client.reply())?.slice(0, 3));
    expect(codes).toEqual(['250', '250', '252', '250', '354']);
  });

  it('are 421 to idle clients at shutdown, and a message in progress is taken', async () => {
    const test = await testGateway([everybody], { closeSeconds: 5 });
    using idle = await Client.hello(test.port);
    using busy = await Client.hello(test.port);
    for (const line of ['MAIL FROM:<a@x.org>', 'RCPT TO:<b@example.net>', 'DATA']) await busy.say(line);
    busy.write('Subject: half\r\n\r\n');
    const closed = test.gateway.close();
    expect(await idle.rest()).toEqual([expect.stringMatching(/^421 4\.\d\.\d Server shutting down$/)]);
    expect(await busy.say('the other half', '.')).toMatch(/^250 2\.6\.0 Queued/);
    expect(await busy.say('NOOP')).toMatch(/^421 /);
    await closed;
    await test[Symbol.asyncDispose]();
  });
});
