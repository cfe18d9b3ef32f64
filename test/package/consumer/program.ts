import { deepEqual, match, rejects } from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Simple, isPluginError } from 'plugboard';
import { auditLog, sqliteAuditLog, verifyAuditLog, type AuditSink } from 'plugboard/security';
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

async function note(log: AuditSink, file: string): Promise<void> {
  await log.open();
  await log.append({ event: 'tried', level: 'info' }, 'durable');
  await log.close();
  deepEqual((await verifyAuditLog(file)).problem, undefined);
}
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const file = fileURLToPath(new URL(`./audit-${major}`, import.meta.url));
await note(auditLog(`${file}.jsonl`), `${file}.jsonl`);
const database = note(sqliteAuditLog(`${file}.db`), `${file}.db`);
if (major > 22 || (major === 22 && minor >= 13)) await database;
else await rejects(database, /npm install better-sqlite3/);

console.log(`runs on Node ${process.versions.node}`);
