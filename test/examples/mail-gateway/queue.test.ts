import { appendFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { retryDelayMs } from '../../../examples/mail-gateway/queue/retry-delay.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { enqueue, openQueue } from './support/queued-mail.ts';

const ok = { code: 250, enhanced: '2.0.0', text: 'OK' };
const later = { code: 451, enhanced: '4.3.0', text: 'later' };
const never = { code: 550, enhanced: '5.1.1', text: 'no such user' };

describe('the queue', () => {
  it('gives a mail out once, and forgets it when every recipient has it', async () => {
    await using folder = await tempFolder();
    const { queue, clock } = await openQueue(folder.path);
    await enqueue(queue, clock);
    const lease = await queue.take();
    expect(await queue.take()).toBeUndefined();
    await lease?.record({ state: 'delivered', recipients: [0], host: 'mx', reply: ok, final: false });
    if (lease !== undefined) await queue.giveBack(lease);
    expect(queue.size).toBe(0);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('knows after a crash which recipients have their mail, and tries only the others', async () => {
    await using folder = await tempFolder();
    const first = await openQueue(folder.path);
    const recipients = ['a', 'b', 'c'].map((name) => ({ address: `${name}@example.net` }));
    await enqueue(first.queue, first.clock, { recipients });
    const lease = await first.queue.take();
    await lease?.record({ state: 'delivered', recipients: [1], host: 'mx', reply: ok, final: false });
    const second = await openQueue(folder.path, first.clock);
    expect((await second.queue.take())?.due).toEqual([0, 2]);
  });

  it('believes no line of a journal that a crash has torn, and writes on behind it', async () => {
    await using folder = await tempFolder();
    const first = await openQueue(folder.path);
    const { queueId } = await enqueue(first.queue, first.clock);
    await appendFile(first.queue.files.journal(queueId), '\n{"state":"delivered","at":1,"recip');
    const second = await openQueue(folder.path, first.clock);
    const lease = await second.queue.take();
    expect(lease?.due).toEqual([0]);
    await lease?.record({ state: 'delivered', recipients: [0], host: 'mx', reply: ok, final: false });
    expect((await openQueue(folder.path, first.clock)).queue.size).toBe(0);
  });

  it('removes what was never accepted', async () => {
    await using folder = await tempFolder();
    await folder.write('1.eml', 'half a mess');
    await folder.write('2.eml', 'a whole message');
    await folder.write('2.log', '');
    await folder.write('2.json.tmp', '{}');
    expect((await openQueue(folder.path)).queue.size).toBe(0);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('sets an envelope aside that it cannot read, keeps its message, and goes on', async () => {
    await using folder = await tempFolder();
    const first = await openQueue(folder.path);
    const { queueId } = await enqueue(first.queue, first.clock);
    await enqueue(first.queue, first.clock);
    await writeFile(first.queue.files.envelope(queueId), '{"queueId":');
    const { queue, log } = await openQueue(folder.path, first.clock);
    expect(queue.size).toBe(1);
    expect(log.records.map(({ message }) => message)).toEqual([
      expect.stringContaining(`${queueId}.json.damaged`),
    ]);
    await openQueue(folder.path, first.clock);
    expect(await readdir(folder.path)).toContain(`${queueId}.eml`);
  });

  it('tries again when the journal says, also after a restart, and counts the attempts', async () => {
    await using folder = await tempFolder();
    const { queue, clock } = await openQueue(folder.path);
    await enqueue(queue, clock);
    const lease = await queue.take();
    const nextAt = clock.date().getTime() + 60_000;
    await lease?.record({ state: 'deferred', recipients: [0], reply: later, nextAt });
    if (lease !== undefined) await queue.giveBack(lease);
    const second = await openQueue(folder.path, clock);
    clock.advance(59_999);
    expect(await second.queue.take()).toBeUndefined();
    clock.advance(1);
    expect((await second.queue.take())?.states).toEqual([
      { is: 'open', attempts: 1, nextAt, lastReply: later },
    ]);
  });

  it('tells when a mail falls due', async () => {
    await using folder = await tempFolder();
    const { queue, clock } = await openQueue(folder.path);
    let told = 0;
    queue.onDue(() => told++);
    await enqueue(queue, clock, { holdUntil: clock.date().getTime() + 5000 });
    const before = told;
    clock.advance(5000);
    expect([before, told]).toEqual([1, 2]);
  });

  it('takes urgent mail first, but leaves no low mail behind for ever', async () => {
    await using folder = await tempFolder();
    const { queue, clock } = await openQueue(folder.path);
    const old = await enqueue(queue, clock, { priority: 'low' });
    clock.advance(15 * 60_000);
    const mails = [];
    for (const priority of ['low', 'normal', 'high', 'critical'] as const) {
      mails.push(await enqueue(queue, clock, { priority }));
    }
    const [low, normal, high, critical] = mails.map(({ queueId }) => queueId);
    const taken = [];
    for (let lease = await queue.take(); lease; lease = await queue.take())
      taken.push(lease.envelope.queueId);
    expect(taken).toEqual([critical, high, old.queueId, normal, low]);
  });

  it('keeps a failed mail until its sender was told, unless the sender is nobody or asked for silence', async () => {
    await using folder = await tempFolder();
    const { queue, clock } = await openQueue(folder.path);
    const failed = { state: 'failed', recipients: [0], reply: never, silent: false } as const;
    for (const more of [
      {},
      { sender: '' },
      { recipients: [{ address: 'b@example.net', notify: ['NEVER' as const] }] },
    ]) {
      await enqueue(queue, clock, more);
    }
    const leases = [await queue.take(), await queue.take(), await queue.take()].filter(
      (one) => one !== undefined,
    );
    for (const one of leases) await one.record(failed);
    for (const one of leases) await queue.giveBack(one);
    expect(queue.size).toBe(1);
    const lease = await queue.take();
    expect(lease?.toReport).toEqual([0]);
    await lease?.record({ state: 'reported', recipients: [0] });
    if (lease !== undefined) await queue.giveBack(lease);
    expect(queue.size).toBe(0);
  });

  it('drops after a crash the report whose cause does not yet say it was made, and keeps the one it does', async () => {
    await using folder = await tempFolder();
    const { queue, clock } = await openQueue(folder.path);
    const { queueId } = await enqueue(queue, clock);
    const lease = await queue.take();
    await lease?.record({ state: 'failed', recipients: [0], reply: never, silent: false });
    const report = { sender: '', reportOf: { queueId, recipient: 0 } };
    await enqueue(queue, clock, report);
    expect((await openQueue(folder.path, clock)).queue.size).toBe(1);
    await enqueue(queue, clock, report);
    await lease?.record({ state: 'reported', recipients: [0] });
    const third = await openQueue(folder.path, clock);
    expect((await third.queue.take())?.envelope.sender).toBe('');
    expect(await third.queue.take()).toBeUndefined();
  });

  it('says when it is full', async () => {
    await using folder = await tempFolder();
    const { queue, clock } = await openQueue(join(folder.path, 'new'), undefined, 2);
    await enqueue(queue, clock);
    expect(queue.isFull).toBe(false);
    await enqueue(queue, clock);
    expect(queue.isFull).toBe(true);
  });
});

describe('the delay before the next attempt', () => {
  const settings = { firstMs: 1000, maxMs: 10_000, factor: 2, jitter: 0.2 };

  it('grows with every attempt up to a limit', () => {
    expect([1, 2, 3, 4, 5, 100].map((attempt) => retryDelayMs(settings, attempt, 0.5))).toEqual([
      1000, 2000, 4000, 8000, 10_000, 10_000,
    ]);
  });

  it('is moved by chance, no further than the jitter', () => {
    expect([0, 0.25, 1].map((chance) => retryDelayMs(settings, 1, chance))).toEqual([800, 900, 1200]);
  });
});
