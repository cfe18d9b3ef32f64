import { Production, type PluginSource } from 'plugboard';
import { grpc } from 'plugboard/transports';
import { inFlight } from '../measure/in-flight.ts';
import { race, type Course, type Laps } from '../measure/race.ts';
import { requestOf, sizes } from '../measure/requests.ts';
import { atLeast, atMost, type RatioRow, type Report, type Target, type TimeRow } from '../report/report.ts';
import { timeRows, timesAsFast, timesAsLong } from '../report/rows.ts';
import { bareUnary, grpcServers, sameUnary } from '../rivals/grpc.ts';

type Ask = (request: unknown) => Promise<unknown>;

const width = 64;
const timeoutMs = 60_000;
const bareLibrary = 'the library, unary';
const sameCall = 'the library, the same call';
const session = 'plugboard, session';
const unary = 'plugboard, calls by themselves';

interface Part {
  readonly size: keyof typeof sizes;
  readonly one: Course;
  readonly many: Course;
  /**
   * What the issue of this transport asks for; a megabyte is the time of JSON. Calls by themselves are judged beside the
   * same call, because what the protocol has to send is no cost of the host's.
   */
  readonly limits?: { readonly unary: Target; readonly throughput: Target; readonly latency: Target };
}

const parts: readonly Part[] = [
  {
    size: '100 B',
    // Many short rounds: what differs by a tenth is not seen over what else a machine does in a second.
    one: { rounds: 99, calls: 40, warmups: 20 },
    many: { rounds: 99, calls: 256, warmups: 20 },
    limits: { unary: atMost(1.15), throughput: atLeast(5), latency: atMost(0.5) },
  },
  { size: '1 MB', one: { rounds: 5, calls: 2, warmups: 1 }, many: { rounds: 3, calls: 64, warmups: 1 } },
];

/** Calls over gRPC to another process and back, against the library that carries them. */
export async function run(): Promise<Report> {
  const servers = await grpcServers();
  const bare = bareUnary(servers.bare);
  const same = sameUnary(servers.bare, timeoutMs);
  const viaSession = await asking(grpc(servers.endpoint));
  const viaUnary = await asking(grpc(servers.endpoint, { session: false }));
  const asks = {
    [bareLibrary]: bare.ask,
    [sameCall]: same.ask,
    [unary]: viaUnary.ask,
    [session]: viaSession.ask,
  };
  const times: TimeRow[] = [];
  const ratios: RatioRow[] = [];
  try {
    for (const part of parts) {
      const found = await measured(asks, part);
      times.push(...found.times);
      ratios.push(...found.ratios);
    }
  } finally {
    await Promise.all([viaSession.end(), viaUnary.end()]);
    bare.close();
    same.close();
    servers.close();
  }
  return {
    group: 'grpc',
    about:
      'JSON over gRPC to another process and back: on one stream, as calls by themselves, and the bare library, with ' +
      'nothing around the JSON and making the same call on the wire: the same message, deadline and metadata',
    times,
    ratios,
    facts: [],
  };
}

async function asking(source: PluginSource): Promise<{ ask: Ask; end: () => Promise<unknown> }> {
  const manager = await Production<unknown, unknown>()
    .withTimeout(timeoutMs)
    .withPlugin('echo', source)
    .build();
  return { ask: (request) => manager.execute('echo', request), end: () => manager.shutdown() };
}

async function measured(
  asks: Readonly<Record<string, Ask>>,
  { size, one, many, limits }: Part,
): Promise<Pick<Report, 'times' | 'ratios'>> {
  const request = requestOf(sizes[size]);
  const alone = await raced(asks, request, 1, one);
  const crowded = await raced(asks, request, width, many);
  const aboutOne = `${size}, one after the other`;
  const aboutMany = `${size}, ${width} in flight`;
  return {
    times: [...timeRows(alone, aboutOne), ...timeRows(crowded, aboutMany)],
    ratios: [
      timesAsLong(alone, aboutOne, [unary, sameCall], limits?.unary),
      timesAsLong(crowded, aboutMany, [unary, sameCall], limits?.unary),
      timesAsLong(alone, aboutOne, [unary, bareLibrary]),
      timesAsLong(crowded, aboutMany, [unary, bareLibrary]),
      timesAsLong(alone, aboutOne, [session, bareLibrary], limits?.latency),
      timesAsFast(crowded, aboutMany, [session, bareLibrary], limits?.throughput),
    ],
  };
}

function raced(
  asks: Readonly<Record<string, Ask>>,
  request: unknown,
  atOnce: number,
  course: Course,
): Promise<Laps> {
  const contenders = Object.entries(asks).map(([name, ask]) => ({
    name,
    run: (calls: number) => inFlight(calls, atOnce, () => ask(request)),
  }));
  return race(contenders, course);
}
