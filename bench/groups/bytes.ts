import { Production } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { inFlight } from '../measure/in-flight.ts';
import { race, type Contender } from '../measure/race.ts';
import { bytesOf, sizes } from '../measure/requests.ts';
import { atLeast, atMost, type Report } from '../report/report.ts';
import { timeRows, timesAsFast, timesAsLong } from '../report/rows.ts';
import { bareBytes, bareLines, forkIpc } from '../rivals/processes.ts';
import { plainPort } from '../rivals/threads.ts';

const bytes = bytesOf(sizes['1 MB']);

/** A megabyte of bytes to a child process and back: beside the envelope, bare, and inside JSON. */
export async function run(): Promise<Report> {
  const source = subprocess(process.execPath, {
    args: [new URL('../programs/plugin.js', import.meta.url).pathname],
  });
  await using manager = await Production<unknown, unknown>()
    .withTimeout(60_000)
    .withPlugin('echo', source)
    .build();
  const bare = bareBytes();
  const lines = bareLines();
  const forked = forkIpc('advanced');
  const thread = plainPort();
  const direct = (name: string, ask: () => Promise<unknown>): Contender => ({
    name,
    run: (calls) => inFlight(calls, 1, ask),
  });
  const crowded = (name: string, ask: () => Promise<unknown>): Contender => ({
    name,
    run: (calls) => inFlight(calls, 64, ask),
  });
  const plugboard = (): Promise<unknown> => manager.execute('echo', { bytes });
  const base64 = async (ask: (body: unknown) => Promise<unknown>): Promise<Uint8Array> => {
    const answer = (await ask({ bytes: Buffer.from(bytes.buffer).toString('base64') })) as { bytes: string };
    return Buffer.from(answer.bytes, 'base64');
  };
  const numbers = async (ask: (body: unknown) => Promise<unknown>): Promise<Uint8Array> => {
    const answer = (await ask({ bytes: Array.from(bytes) })) as { bytes: number[] };
    return Uint8Array.from(answer.bytes);
  };
  const viaPlugboard = (body: unknown): Promise<unknown> => manager.execute('echo', body);
  try {
    const about = '1 MB of bytes, one after the other';
    const contenders = [
      direct('plugboard', plugboard),
      direct('bare length-prefixed echo', () => bare.ask(bytes)),
      direct('fork IPC, advanced', () => forked.ask(bytes)),
      direct('worker postMessage', () => thread.ask(bytes)),
      direct('base64 in JSON, bare echo', () => base64(lines.ask)),
      direct('base64 in JSON, plugboard', () => base64(viaPlugboard)),
    ];
    const one = await race(contenders, { rounds: 25, calls: 15 });
    const slow = await race(
      [
        direct('plugboard', plugboard),
        direct('array of numbers in JSON, bare echo', () => numbers(lines.ask)),
        direct('array of numbers in JSON, plugboard', () => numbers(viaPlugboard)),
      ],
      { rounds: 9, calls: 3, warmups: 1 },
    );
    const aboutMany = '1 MB of bytes, 64 in flight';
    const many = await race(
      [
        crowded('plugboard', plugboard),
        crowded('bare length-prefixed echo', () => bare.ask(bytes)),
        crowded('fork IPC, advanced', () => forked.ask(bytes)),
        crowded('worker postMessage', () => thread.ask(bytes)),
      ],
      { rounds: 15, calls: 128 },
    );
    return {
      group: 'bytes',
      about:
        'a Uint8Array to a child process and back: beside JSON, without JSON, and as text or numbers inside JSON',
      times: [...timeRows(one, about), ...timeRows(slow, about).slice(1), ...timeRows(many, aboutMany)],
      ratios: [
        timesAsLong(one, about, ['plugboard', 'bare length-prefixed echo'], atMost(2)),
        timesAsLong(one, about, ['plugboard', 'fork IPC, advanced']),
        timesAsLong(one, about, ['plugboard', 'worker postMessage']),
        timesAsFast(one, about, ['plugboard', 'base64 in JSON, bare echo']),
        timesAsFast(one, about, ['plugboard', 'base64 in JSON, plugboard']),
        timesAsFast(slow, about, ['plugboard', 'array of numbers in JSON, bare echo'], atLeast(10)),
        timesAsFast(slow, about, ['plugboard', 'array of numbers in JSON, plugboard'], atLeast(10)),
        timesAsLong(many, aboutMany, ['plugboard', 'bare length-prefixed echo'], atMost(2)),
        timesAsFast(many, aboutMany, ['plugboard', 'fork IPC, advanced'], atLeast(1)),
        timesAsFast(many, aboutMany, ['plugboard', 'worker postMessage']),
      ],
      facts: [],
    };
  } finally {
    for (const rival of [bare, lines, forked, thread]) rival.close();
  }
}
