import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { definePlugin, Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { packageCopy, type Edit } from '../measure/package-copy.ts';
import { race, type Contender, type Laps } from '../measure/race.ts';
import { atMost, type Report } from '../report/report.ts';
import { timeRows, timesAsLong } from '../report/rows.ts';

interface Numbers {
  readonly n: number;
}

const request: Numbers = { n: 21 };
const plugin = definePlugin({
  name: 'twice',
  version: '1.0.0',
  execute: async ({ n }: Numbers): Promise<Numbers> => ({ n: n * 2 }),
});
const about = 'one after the other';

/** The call path without what it does for traces. */
const untraced: readonly Edit[] = [
  {
    file: 'src/resilience/call.js',
    pattern: /if \(tracing\.tracer !== undefined\)\s+this\.startSpan\([^;]*;/,
    by: '',
  },
  { file: 'src/resilience/call.js', pattern: /this\.span\?\.[^;]*;/g, by: ';' },
  {
    file: 'src/resilience/call.js',
    pattern: /this\.span === undefined \? (channel\.call\(this\)) : [^;]*;/,
    by: '$1;',
  },
  { file: 'src/resilience/call-view.js', pattern: /this\.span = undefined;/, by: '' },
  {
    file: 'src/resilience/call-view.js',
    pattern: /this\.span === undefined \? (this\.options\?\.\w+) : [^;]*;/g,
    by: '$1;',
  },
];

/** What a call inside the process costs where it is traced: to a receiver that takes everything and looks at nothing. */
export async function run(): Promise<Report> {
  const receiver = createServer((asked, answer) => void asked.resume().on('end', () => answer.end()));
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const hosts = {
    'tracing off': await host(port, undefined),
    'sampling 0.1': await host(port, 0.1),
    'sampling 1': await host(port, 1),
  };
  const contenders = Object.entries(hosts).map(([name, manager]): Contender => ({
    name,
    run: async (calls) => {
      for (let call = 0; call < calls; call++) await manager.execute('twice', request);
    },
    after: () => new Promise((resolve) => setImmediate(resolve)),
  }));
  const laps = await race(contenders, { rounds: 15, calls: 5000, warmups: 5 });
  const off = await withoutTracing();
  await Promise.all(Object.values(hosts).map((manager) => manager.shutdown({ timeoutMs: 0 })));
  receiver.closeAllConnections();
  receiver.close();
  return {
    group: 'tracing',
    about: 'execute inside the process, with spans going to an OTLP receiver',
    times: [...timeRows(laps, about), ...timeRows(off, 'nobody traces')],
    ratios: [
      timesAsLong(off, 'nobody traces', ['as it is', 'without the code for traces'], atMost(1.03)),
      timesAsLong(off, 'nobody traces', ['as it is', 'as it is, once more']),
      timesAsLong(laps, about, ['sampling 0.1', 'tracing off']),
      timesAsLong(laps, about, ['sampling 1', 'tracing off']),
    ],
    facts: [],
  };
}

/** What the code for traces costs while nobody traces; a second copy of the same code says how far that can be told. */
async function withoutTracing(): Promise<Laps> {
  const copies = {
    // Whichever copy is loaded first is the slowest, whatever is in it: it is not judged.
    'the copy that was loaded first': await packageCopy([]),
    'as it is': await packageCopy([]),
    'without the code for traces': await packageCopy(untraced),
    'as it is, once more': await packageCopy([]),
  };
  const contenders: Contender[] = [];
  const managers: { shutdown(): Promise<unknown> }[] = [];
  for (const [name, { plugboard, transports }] of Object.entries(copies)) {
    const manager = await plugboard
      .Simple<Numbers, Numbers>()
      .withPlugin('twice', transports.inProcess(plugin))
      .build();
    managers.push(manager);
    contenders.push({
      name,
      run: async (calls) => {
        for (let call = 0; call < calls; call++) await manager.execute('twice', request);
      },
    });
  }
  const laps = await race(contenders, { rounds: 201, calls: 10_000, warmups: 20 });
  await Promise.all(managers.map((manager) => manager.shutdown()));
  return laps;
}

function host(port: number, sampleRate: number | undefined) {
  const builder = Simple<Numbers, Numbers>().withPlugin('twice', inProcess(plugin));
  const endpoint = `http://127.0.0.1:${port}`;
  return (sampleRate === undefined ? builder : builder.withTracing({ endpoint, sampleRate })).build();
}
