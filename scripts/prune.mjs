// Removes from a folder of compiler output what no longer has a source, so that a deleted module is not shipped.
// Usage: node scripts/prune.mjs dist
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

const output = process.argv[2];
if (output === undefined) throw new Error('name the folder to prune: node scripts/prune.mjs dist');

/** dist/src/a.js, a.js.map, a.d.ts and a.d.ts.map all come from src/a.ts; other files are not the compiler's. */
const compiled = /(\.d\.ts|\.js)(\.map)?$/;

const entries = existsSync(output) ? readdirSync(output, { recursive: true, withFileTypes: true }) : [];
for (const entry of entries) {
  const file = join(entry.parentPath, entry.name);
  const source = relative(output, file).replace(compiled, '.ts');
  if (entry.isFile() && compiled.test(file) && !existsSync(source)) rmSync(file, { force: true });
}
