import { groups } from './groups.ts';

// The process of one group: `node --expose-gc group.js in-process`.
const load = groups[process.argv[2] ?? ''];
if (load === undefined || process.send === undefined) throw new Error('main.js starts this');
const report = await (await load()).run();
process.send(report, () => process.exit(0));
