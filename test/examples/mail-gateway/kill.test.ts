import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { QueueFiles } from '../../../examples/mail-gateway/queue/files.ts';
import { statesOf } from '../../../examples/mail-gateway/queue/lease.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { chanceFrom } from './support/chance.ts';
import { Client } from './support/client.ts';
import { countingPeer, type CountingPeer } from './support/counting-peer.ts';
import { gatewayYaml, GatewayProcess } from './support/gateway-process.ts';

const kills = 100;
const lanes = 4;
const seed = Number(process.env['GATEWAY_SEED'] ?? Date.now() % 1_000_000);

/** Whose mail is stored here, not sent on. */
const stays = 'carl@example.com';

/** What a lane came to. */
interface Tally {
  /** Mails that a client has heard 250 of. */
  readonly accepted: ReadonlySet<string>;
  readonly taken: ReadonlyMap<string, number>;
  /**
   * How often the other server had taken a mail, but the kill came before that was written down. There no sender can
   * know (RFC 1047), so it must send again: each is one delivery more, and nothing else may be.
   */
  readonly unwritten: ReadonlyMap<string, number>;
  /** Mails of which the gateway had heard 250, and gone on without writing it down. */
  readonly forgotten: readonly string[];
  /** What lies in the mailbox of their third recipient, by mail; a mail twice would be there twice. */
  readonly stored: readonly string[];
  /** Whether every message in that mailbox is whole, and nothing lies about half written. */
  readonly isWhole: boolean;
}

describe('scenario 18: a gateway that is killed again and again', () => {
  it(
    `loses nothing, sends and stores nothing twice over ${kills} kills at any moment`,
    { timeout: 300_000 },
    async () => {
      process.stdout.write(`the kills follow from GATEWAY_SEED=${seed}\n`);
      const tallies = await Promise.all(
        Array.from({ length: lanes }, (_, lane) => runLane(chanceFrom(seed + lane))),
      );
      let accepted = 0;
      let unwritten = 0;
      for (const tally of tallies) {
        accepted += tally.accepted.size;
        expect(tally.forgotten).toEqual([]);
        expect(tally.isWhole).toBe(true);
        expect(tally.stored).toEqual([...new Set(tally.stored)]);
        expect(tally.stored).toEqual(expect.arrayContaining([...tally.accepted]));
        for (const times of tally.unwritten.values()) unwritten += times;
        for (const id of tally.accepted) {
          const times = (key: string) => [key, tally.taken.get(key) ?? 0];
          const expected = (key: string) => [key, 1 + (tally.unwritten.get(key) ?? 0)];
          expect(times(id)).toEqual(expected(id));
          // Its second recipient is known to nobody: the sender hears that once.
          expect(times(`${id}r1`)).toEqual(expected(`${id}r1`));
        }
        // A mail of which the client did not hear may be there, or not; but not twice.
        for (const [key, times] of tally.taken)
          expect([key, times]).toEqual([key, 1 + (tally.unwritten.get(key) ?? 0)]);
      }
      process.stdout.write(
        `${accepted} mails accepted; ${unwritten} times a 250 was not written down before the kill\n`,
      );
      expect(accepted).toBeGreaterThan(kills / 2);
    },
  );
});

async function runLane(chance: () => number): Promise<Tally> {
  await using folder = await tempFolder();
  await using peer = await countingPeer(chance);
  const boxes = join(folder.path, 'boxes');
  const file = await gatewayYaml(folder.path, {
    routes: [
      { domains: ['example.net', 'example.org'], to: `smtp://127.0.0.1:${peer.port}` },
      { domains: ['example.com'], to: `maildir:${boxes}` },
    ],
    queue: { firstRetrySeconds: 0.05, maxRetrySeconds: 0.2 },
  });
  const queue = new QueueFiles(join(folder.path, 'data', 'queue'));
  await mkdir(queue.folder, { recursive: true });
  const accepted = new Set<string>();
  const unwritten = new Map<string, number>();
  const forgotten: string[] = [];
  for (let kill = 0; kill < kills / lanes; kill++) {
    await liveAndDie(file, chance, accepted);
    await account(peer, queue, unwritten, forgotten);
  }
  const last = new GatewayProcess(file);
  await last.port();
  while ((await readdir(queue.folder)).some((name) => name.endsWith('.json'))) await wait(20);
  await last.kill('SIGTERM');
  await account(peer, queue, unwritten, forgotten);
  const box = join(boxes, encodeURIComponent(stays));
  return { accepted, taken: new Map(peer.taken), unwritten, forgotten, ...(await look(box)) };
}

/** What a mailbox holds in the end. */
async function look(box: string): Promise<Pick<Tally, 'stored' | 'isWhole'>> {
  const names = await readdir(join(box, 'new'));
  const texts = await Promise.all(names.map((name) => readFile(join(box, 'new', name), 'utf8')));
  const ids = texts.map((text) => /by gw\.example\.org with \w+ id (\w+);/.exec(text)?.[1] ?? 'unknown');
  const halves = await readdir(join(box, 'tmp'));
  const isWhole = halves.length === 0 && texts.every((text) => text.endsWith('\r\nHello.\r\n'));
  return { stored: ids, isWhole };
}

/** Starts a gateway, sends it mail from several clients, and kills it: sometimes while it starts. */
async function liveAndDie(file: string, chance: () => number, accepted: Set<string>): Promise<void> {
  const gateway = new GatewayProcess(file);
  if (chance() < 0.15) {
    await wait(chance() * 600);
    return gateway.kill('SIGKILL');
  }
  const port = await gateway.port();
  if (port === undefined) throw new Error(`the gateway did not start: ${gateway.output}`);
  const clients = [0, 1, 2, 3, 4].map(() => sendUntilEnd(port, accepted));
  // Counted in mails, not in time: a slow machine is to be killed in the middle of its work, too.
  const enough = accepted.size + Math.floor(chance() * 6);
  const patience = performance.now() + 3000;
  await until(() => accepted.size >= enough || performance.now() > patience);
  await wait(chance() * 80);
  await gateway.kill('SIGKILL');
  await Promise.all(clients);
}

async function sendUntilEnd(port: number, accepted: Set<string>): Promise<void> {
  try {
    using client = await Client.hello(port);
    for (;;) {
      const to = ['bob@example.net', 'nobody@example.net', stays];
      const reply = await client.send('ada@example.org', to);
      const id = /^250 2\.6\.0 Queued as (\w+)$/.exec(reply ?? '')?.[1];
      if (id === undefined) return;
      accepted.add(id);
    }
  } catch {
    // it was killed before it took the connection
  }
}

/** Counts what the other server took while this side did not write it down any more. */
async function account(
  peer: CountingPeer,
  queue: QueueFiles,
  unwritten: Map<string, number>,
  forgotten: string[],
): Promise<void> {
  for (const { id, isHeard } of await peer.takenSince()) {
    const mail = await queue.read(id).catch(() => undefined); // done with, and gone
    if (mail === undefined || statesOf(mail)[0]?.is === 'delivered') continue;
    unwritten.set(id, (unwritten.get(id) ?? 0) + 1);
    if (isHeard) forgotten.push(id);
  }
}
