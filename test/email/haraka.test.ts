import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../examples/mail-gateway/support/client.ts';
import { needsTool } from '../languages/tool.ts';
import { harakaServer, hasHaraka, howToInstall, type HarakaServer } from './haraka-server.ts';

const mail = (what: string): string =>
  `X-Do: ${what}\r\nSubject: tea\r\nX-Two: 1\r\nX-Two:  2\r\nX-Odd:a\r\n  b\r\n\r\nAt five.\r\n..dot`;

needsTool(`Haraka (${howToInstall})`, hasHaraka);

describe('a Haraka with the hooks', () => {
  let haraka: HarakaServer;
  beforeAll(async () => {
    if (hasHaraka) haraka = await harakaServer();
  });
  afterAll(() => (hasHaraka ? haraka[Symbol.asyncDispose]() : undefined));

  const send = async (what: string, to: readonly string[] = ['bob@example.net']) => {
    using client = await Client.hello(haraka.port);
    return await client.send('ada@example.org', to, mail(what));
  };

  it('refuses a recipient with code, status and text of the plugin', async () => {
    using client = await Client.hello(haraka.port);
    await client.say('MAIL FROM:<ada@example.org>');
    expect(await client.say('RCPT TO:<gone@example.net>')).toBe('551 5.1.6 Moved away');
    expect(await client.say('RCPT TO:<bob@example.net>')).toMatch(/^250 /);
  });

  it('refuses a recipient that nobody knows', async () => {
    expect(await send('plain', ['nobody@example.net'])).toMatch(/^550 /);
  });

  it.each(['EHLO', 'HELO'])('refuses at %s', async (hello) => {
    using client = await Client.connect(haraka.port);
    await client.reply();
    expect(await client.say(`${hello} bad.example`)).toMatch(/^550 5\.7\.1 /);
  });

  it('hands a message over as a file of its own, and takes it', async () => {
    const before = (await haraka.seen('message', 0)).length;
    expect(await send('plain')).toMatch(/^250 /);
    const told = (await haraka.seen('message', before + 1)).at(-1);
    expect(told).toMatchObject({ to: ['bob@example.net'], address: 'ada@example.org' });
    expect(told?.['text']).toMatch(/\r\nX-Odd:a\r\n {2}b\r\n\r\nAt five\.\r\n\.dot\r\n$/);
    expect(told?.['size']).toBe(String(told?.['text']).length);
    expect(told?.['lines']).toBe(String(told?.['text']).split('\n').length - 1);
    expect(await haraka.spooled()).toEqual([]);
  });

  it('changes the header as plugins want, and no other line', async () => {
    expect(await send('changed')).toMatch(/^250 /);
    const kept = (await haraka.kept()).find((text) => text.includes('X-Do: changed'));
    expect(kept).toMatch(/^X-Judge: was here\r\nReceived: /);
    expect(kept).toContain('\r\nSubject: other\r\nX-Two: 1\r\nX-Odd:a\r\n  b\r\n\r\nAt five.\r\n.dot\r\n');
  });

  it('takes another sender and more recipients, and none that was refused', async () => {
    using client = await Client.hello(haraka.port);
    const before = (await haraka.seen('queue', 0)).length;
    await client.say('MAIL FROM:<rename@example.org> SIZE=1000 BODY=8BITMIME');
    expect(await client.say('RCPT TO:<list@example.net>')).toMatch(/^550 /);
    expect(await client.say('RCPT TO:<alias@example.net>')).toMatch(/^250 /);
    await client.say('DATA');
    expect(await client.say(`${mail('plain')}\r\n.`)).toMatch(/^250 /);
    const queued = (await haraka.seen('queue', before + 1)).at(-1);
    expect(queued?.['envelope']).toEqual([
      '<bounce@example.org>',
      '<carol@example.net>',
      '<eve@example.net>',
    ]);
    const asked = (await haraka.seen('mailFrom')).find((one) => one['declaredSize'] === 1000);
    expect(asked).toMatchObject({ sender: { params: { SIZE: '1000', BODY: '8BITMIME' } }, smtpUtf8: false });
  });

  it.each([
    ['refused', /^550 5\.7\.1 Not this one$/],
    ['fails', /^451 4\.3\.0 /],
    ['aside', /^451 4\.3\.0 /],
  ])('delivers nothing that is %s', async (what, reply) => {
    expect(await send(what)).toMatch(reply);
    expect((await haraka.kept()).filter((text) => text.includes(`X-Do: ${what}`))).toEqual([]);
    expect(await haraka.spooled()).toEqual([]);
  });

  it('answers for a plugin that fails with the code of the hook', async () => {
    using client = await Client.hello(haraka.port);
    expect(await client.say('MAIL FROM:<fails@example.org>')).toMatch(/^451 4\.3\.0 /);
    await client.say('MAIL FROM:<ada@example.org>');
    expect(await client.say('RCPT TO:<fails@example.net>')).toMatch(/^451 4\.3\.0 /);
  });

  it('lets go of everything when the client goes away in the middle', async () => {
    const before = (await haraka.seen('message', 0)).length;
    const ended = (await haraka.seen('disconnect', 0)).length;
    const client = await Client.hello(haraka.port);
    for (const step of ['MAIL FROM:<ada@example.org>', 'RCPT TO:<bob@example.net>', 'DATA'])
      await client.say(step);
    client.write(`${mail('never')}\r\n.\r\n`);
    await haraka.seen('message', before + 1);
    client.hangUp();
    expect((await haraka.seen('disconnect', ended + 1)).at(-1)).toMatchObject({ reason: 'reset' });
    using other = await Client.hello(haraka.port);
    await expect.poll(() => other.say('VRFY'), { timeout: 20_000 }).toMatch(/^250 1 of /); // its own
    expect((await haraka.seen('connect')).at(-1)).toMatchObject({ activeTotal: 1 });
  });

  it('says why a transaction is over', async () => {
    const before = (await haraka.seen('reset', 0)).length;
    using client = await Client.hello(haraka.port);
    await client.send('ada@example.org', ['bob@example.net']);
    for (const end of ['RSET', 'EHLO again.example', 'QUIT']) {
      await client.say('MAIL FROM:<ada@example.org>');
      await client.say(end);
    }
    const reasons = (await haraka.seen('reset', before + 4)).slice(before).map((one) => one['reason']);
    expect(reasons).toEqual(['done', 'rset', 'hello', 'disconnect']);
  });
});

it('a Haraka whose manager cannot be made does not start', async () => {
  await using haraka = await harakaServer({ NO_MANAGER: '1' });
  expect(await haraka.exited).toBe(1);
  expect(haraka.log()).toContain('Error: no manager');
});
