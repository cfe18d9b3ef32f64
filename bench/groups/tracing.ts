import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { definePlugin, Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { freshLaps } from '../measure/fresh.ts';
import { packageCopy } from '../measure/package-copy.ts';
import { race, type Contender, type Laps } from '../measure/race.ts';
import { untraced } from '../measure/untraced.ts';
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
const apart = 'nobody traces, fresh processes in turn';

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
    times: [...timeRows(laps, about), ...timeRows(off, apart)],
    ratios: [
      timesAsLong(off, apart, ['as it is', 'without the code for traces'], atMost(1.03)),
      timesAsLong(off, apart, ['as it is, once more', 'as it is']),
      timesAsLong(laps, about, ['sampling 0.1', 'tracing off']),
      timesAsLong(laps, about, ['sampling 1', 'tracing off']),
    ],
    facts: [],
  };
}

/** What the code for traces costs while nobody traces; a second copy of the same code says how far that can be told. */
async function withoutTracing(): Promise<Laps> {
  await using asItIs = await packageCopy([]);
  await using without = await packageCopy(untraced);
  await using onceMore = await packageCopy([]);
  const folders = new Map([
    ['as it is', asItIs.folder],
    ['without the code for traces', without.folder],
    ['as it is, once more', onceMore.folder],
  ]);
  return await freshLaps(folders, 21);
}

function host(port: number, sampleRate: number | undefined) {
  const builder = Simple<Numbers, Numbers>().withPlugin('twice', inProcess(plugin));
  const endpoint = `http://127.0.0.1:${port}`;
  return (sampleRate === undefined ? builder : builder.withTracing({ endpoint, sampleRate })).build();
}
