import type * as Plugboard from 'plugboard';
import type * as Transports from 'plugboard/transports';
import { minorGc } from '../measure/heap.ts';

// `node --expose-gc --single-threaded lone-call.js folder` prints what a call costs the copy of the package in the
// folder, in nanoseconds of the processor's time: the fastest of some rounds, which nothing else has held up.

const warmups = 30;
const rounds = 30;
const calls = 10_000;

const folder = process.argv[2] ?? '';
const { definePlugin, Simple } = (await import(`${folder}/src/index.js`)) as typeof Plugboard;
const { inProcess } = (await import(`${folder}/transports/index.js`)) as typeof Transports;

interface Numbers {
  readonly n: number;
}

const request: Numbers = { n: 21 };
const plugin = definePlugin({
  name: 'twice',
  version: '1.0.0',
  execute: async ({ n }: Numbers): Promise<Numbers> => ({ n: n * 2 }),
});
const manager = await Simple<Numbers, Numbers>()
  .withTimeout(10_000)
  .withPlugin('twice', inProcess(plugin))
  .build();

let fastest = Infinity;
for (let round = -warmups; round < rounds; round++) {
  const nsPerCall = await measured();
  if (round >= 0) fastest = Math.min(fastest, nsPerCall);
}
await manager.shutdown();
console.log(fastest);

async function measured(): Promise<number> {
  minorGc();
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call++) await manager.execute('twice', request);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / calls;
}
