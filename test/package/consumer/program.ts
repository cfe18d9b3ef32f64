import { deepEqual, match, rejects } from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Simple, isPluginError } from 'plugboard';
import { inProcess, subprocess } from 'plugboard/transports';
import { twice, type Numbers } from './twice.js';

/** What a user's first program does; pack-check compiles it against the tarball and runs it on every Node. */
const child = fileURLToPath(new URL('./child.js', import.meta.url));
const manager = await Simple<Numbers, Numbers>()
  .withPlugin('near', inProcess(twice))
  .withPlugin('far', subprocess(process.execPath, { args: [child] }))
  .build();

const near: Numbers = await manager.execute('near', { n: 2 });
const far: Numbers = await manager.execute('far', { n: 21 });
deepEqual([near, far], [{ n: 4 }, { n: 42 }]);

// @ts-expect-error a name that no plugin has is a compile error
const nobody = manager.execute('nobody', { n: 1 });
await rejects(nobody, (error) => isPluginError(error) && error.code === 'PLUGIN_1201');

// @ts-expect-error so is a request that the contract does not know
const nonsense: () => Promise<Numbers> = () => manager.execute('near', { m: 1 });
match(typeof nonsense, /function/);

await manager.shutdown();
console.log(`runs on Node ${process.versions.node}`);
