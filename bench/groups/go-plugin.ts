import { defineHooks, hook, Production } from 'plugboard';
import { goPlugin } from 'plugboard/go-plugin';
import { inFlight } from '../measure/in-flight.ts';
import { race, type Course, type Laps } from '../measure/race.ts';
import { bytesOf, sizes } from '../measure/requests.ts';
import { atMost, type RatioRow, type Report, type Target, type TimeRow } from '../report/report.ts';
import { timeRows, timesAsLong } from '../report/rows.ts';
import { bareGoPlugin, type EchoMethod } from '../rivals/bare-go-plugin.ts';
import { goHost, goPrograms, type GoHost, type GoPrograms } from '../rivals/go-host.ts';

const inGo = 'a host in Go';
const ours = 'plugboard';
const library = 'the library in Node, without TLS';

interface Part {
  readonly size: keyof typeof sizes;
  readonly width: number;
  readonly course: Course;
  /** What the issue of this transport asks for. */
  readonly limit?: Target;
}

const parts: readonly Part[] = [
  { size: '100 B', width: 1, course: { rounds: 99, calls: 50, warmups: 20 }, limit: atMost(1.5) },
  { size: '100 B', width: 64, course: { rounds: 49, calls: 256, warmups: 20 } },
  { size: '1 MB', width: 1, course: { rounds: 5, calls: 5, warmups: 1 } },
  { size: '1 MB', width: 64, course: { rounds: 3, calls: 64, warmups: 1 } },
];

const echo: EchoMethod = { method: '/bench.Echo/Call', encode: wrapped, decode: unwrapped };
const hooks = defineHooks({ echo: hook<Uint8Array, Uint8Array>() });

/** Calls of one plugin in Go, from a host in Go and from ours. */
export async function run(): Promise<Report> {
  const programs = await goPrograms();
  const measured = programs === undefined ? { times: [], ratios: [] } : await raceHosts(programs);
  const about =
    'the same plugin of go-plugin under a host in Go and under ours, with mutual TLS on a unix socket, and asked by the ' +
    'library that ours uses' +
    (programs === undefined ? '; not measured, because there is no Go here' : '');
  return { group: 'go-plugin', about, ...measured, facts: [] };
}

async function raceHosts(programs: GoPrograms): Promise<Pick<Report, 'times' | 'ratios'>> {
  const go = await goHost(programs);
  const bare = await bareGoPlugin(programs.plugin, echo);
  const manager = await started(programs);
  const times: TimeRow[] = [];
  const ratios: RatioRow[] = [];
  try {
    for (const part of parts) {
      const asks = {
        [library]: bare.ask,
        [ours]: (request: Uint8Array) => manager.call('echo', 'echo', request),
      };
      const laps = await calls(go, asks, part);
      const about = `${part.size}, ${part.width === 1 ? 'one after the other' : `${part.width} in flight`}`;
      times.push(...timeRows(laps, about));
      ratios.push(timesAsLong(laps, about, [ours, inGo], part.limit));
      ratios.push(timesAsLong(laps, about, [library, inGo]));
    }
    const laps = await starts(go, programs);
    times.push(...timeRows(laps, 'start and end'));
    ratios.push(timesAsLong(laps, 'start and end', [ours, inGo]));
  } finally {
    bare.close();
    await Promise.all([manager.shutdown(), go.close()]);
  }
  return { times, ratios };
}

function started({ plugin }: GoPrograms) {
  const source = goPlugin<typeof hooks>(plugin, {
    handshake: { magicCookieKey: 'ECHO_PLUGIN', magicCookieValue: 'echo' },
    services: { echo },
  });
  return Production(hooks).withTimeout(60_000).withPlugin('echo', source).build();
}

type Asks = Readonly<Record<string, (request: Uint8Array) => Promise<unknown>>>;

function calls(go: GoHost, asks: Asks, part: Part): Promise<Laps> {
  const { size, width, course } = part;
  const request = bytesOf(sizes[size]);
  const contenders = [
    { name: inGo, run: (count: number) => go.tell(`call ${count} ${width} ${sizes[size]}`) },
    ...Object.entries(asks).map(([name, ask]) => ({
      name,
      run: (count: number) => inFlight(count, width, () => ask(request)),
    })),
  ];
  return race(contenders, course);
}

function starts(go: GoHost, programs: GoPrograms): Promise<Laps> {
  const startAndEnd = async (): Promise<void> => {
    const manager = await started(programs);
    await manager.shutdown();
  };
  const contenders = [
    { name: inGo, run: (count: number) => go.tell(`start ${count}`) },
    { name: ours, run: (count: number) => inFlight(count, 1, startAndEnd) },
  ];
  return race(contenders, { rounds: 5, calls: 3, warmups: 1 });
}

/** `google.protobuf.BytesValue`: one field, number 1. */
function wrapped(bytes: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([0x0a, ...length, rest]), bytes]);
}

function unwrapped(message: Uint8Array): Uint8Array {
  let at = 1;
  while ((message[at] ?? 0) >= 0x80) at++;
  return message.subarray(at + 1);
}
