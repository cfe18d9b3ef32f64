import { appendFile, readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { PluginManager } from 'plugboard';
import { mailAddr, type EmailHooks, type GreylistAnswer } from 'plugboard/email';
import { Journal, type Seen } from '../../../../examples/mail-gateway/plugins/greylist/journal.ts';
import { greylist } from '../../../../examples/mail-gateway/plugins/greylist/plugin.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { from, hostOf } from './mail-host.ts';

const minute = 60_000;

async function ask(
  manager: PluginManager<EmailHooks>,
  clientKey = '192.0.2.0/24',
  recipient = 'bob@example.net',
): Promise<GreylistAnswer> {
  const sender = mailAddr('ada@example.org');
  const request = { ...from('192.0.2.7'), sender, recipient: mailAddr(recipient), clientKey };
  return (await manager.run('security.greylistCheck', request)).answer;
}

describe('greylist', () => {
  it('lets a sender wait once, from whichever host of its network it tries again', async () => {
    const clock = new ManualClock();
    await using host = await hostOf(greylist(clock), {});
    const { manager } = host;
    expect(await ask(manager)).toEqual({ action: 'defer', retryAfterMs: 5 * minute });
    clock.advance(4 * minute);
    expect(await ask(manager)).toEqual({ action: 'defer', retryAfterMs: minute });
    clock.advance(minute);
    expect(await ask(manager)).toEqual({ action: 'continue' });
    expect(await ask(manager)).toEqual({ action: 'continue' });
    expect(await ask(manager, '198.51.100.0/24')).toMatchObject({ action: 'defer' });
  });

  it('lets a sender that came back write to others there at once', async () => {
    const clock = new ManualClock();
    await using host = await hostOf(greylist(clock), {});
    const { manager } = host;
    const toEve = (): Promise<GreylistAnswer> => ask(manager, '192.0.2.0/24', 'eve@example.net');
    expect(await ask(manager)).toMatchObject({ action: 'defer' });
    expect(await toEve()).toMatchObject({ action: 'defer' });
    clock.advance(5 * minute);
    expect(await ask(manager)).toEqual({ action: 'continue' });
    expect(await ask(manager, '192.0.2.0/24', 'zoe@example.net')).toEqual({ action: 'continue' });
    expect(await ask(manager, '198.51.100.0/24', 'zoe@example.net')).toMatchObject({ action: 'defer' });
  });

  it('forgets who does not come back in time, and who has not written for long', async () => {
    const clock = new ManualClock();
    await using host = await hostOf(greylist(clock), { retryWithinMs: 10 * minute, knownForMs: 20 * minute });
    await ask(host.manager);
    clock.advance(11 * minute);
    expect(await ask(host.manager)).toMatchObject({ action: 'defer' });
    clock.advance(5 * minute);
    expect(await ask(host.manager)).toEqual({ action: 'continue' });
    clock.advance(19 * minute);
    expect(await ask(host.manager)).toEqual({ action: 'continue' });
    clock.advance(21 * minute);
    expect(await ask(host.manager)).toMatchObject({ action: 'defer' });
  });

  it('knows after a restart what it knew before, also after a crash in the middle of a line', async () => {
    await using folder = await tempFolder();
    const file = `${folder.path}/greylist.jsonl`;
    const clock = new ManualClock();
    {
      await using host = await hostOf(greylist(clock), { file });
      await ask(host.manager);
      clock.advance(5 * minute);
      expect(await ask(host.manager)).toEqual({ action: 'continue' });
    }
    await appendFile(file, '["192.0.2.0/24|half');
    await using host = await hostOf(greylist(clock), { file });
    expect(await ask(host.manager)).toEqual({ action: 'continue' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, 'utf8')).split('\n').filter(Boolean)).toHaveLength(3);
  });

  it('keeps its file short, however long it runs', async () => {
    await using folder = await tempFolder();
    const file = `${folder.path}/journal`;
    const seen = new Map<string, Seen>();
    const journal = await Journal.open(file, seen, 0, 10);
    for (let at = 0; at < 1000; at += 1) {
      const [key, entry] = [`key-${at % 3}`, { firstMs: 0, knownUntilMs: at }];
      seen.set(key, entry);
      await journal.add(key, entry);
    }
    await journal.close();
    expect((await readFile(file, 'utf8')).split('\n').length).toBeLessThan(15);
    const again = new Map<string, Seen>();
    await (await Journal.open(file, again, 0)).close();
    expect(Object.fromEntries(again)).toEqual(Object.fromEntries(seen));
  });

  it('does not keep users waiting', async () => {
    await using host = await hostOf(greylist(new ManualClock()), {});
    const { session } = from('192.0.2.7');
    const request = {
      session: { ...session, auth: { user: 'ada', mechanism: 'PLAIN' } },
      sender: mailAddr('ada@example.org'),
      recipient: mailAddr('bob@example.net'),
      clientKey: '192.0.2.0/24',
    };
    expect(await host.manager.run('security.greylistCheck', request)).toMatchObject({
      answer: { action: 'accept' },
    });
  });
});
