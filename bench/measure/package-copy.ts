import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type * as Plugboard from 'plugboard';
import type * as Transports from 'plugboard/transports';

/** A change of one built file: every place that fits is replaced, and there must be one. */
export interface Edit {
  readonly file: string;
  readonly pattern: RegExp;
  readonly by: string;
}

/** Another copy of the built package, with a life of its own in this process. */
export interface PackageCopy {
  readonly plugboard: typeof Plugboard;
  readonly transports: typeof Transports;
}

const main = import.meta.resolve('plugboard');
const dist = fileURLToPath(new URL('..', main));

/** Loads a copy of the package, changed as said: what it costs beside the package is what the change costs. */
export async function packageCopy(edits: readonly Edit[]): Promise<PackageCopy> {
  const folder = await mkdtemp(fileURLToPath(new URL('../../.build/copy-', main)));
  try {
    await cp(dist, folder, { recursive: true });
    for (const edit of edits) await apply(folder, edit);
    const plugboard = (await import(`${folder}/src/index.js`)) as PackageCopy['plugboard'];
    const transports = (await import(`${folder}/transports/index.js`)) as PackageCopy['transports'];
    return { plugboard, transports };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function apply(folder: string, { file, pattern, by }: Edit): Promise<void> {
  const path = `${folder}/${file}`;
  const before = await readFile(path, 'utf8');
  const after = before.replace(pattern, by);
  if (after === before) throw new Error(`${file} has nothing that fits ${String(pattern)}`);
  await writeFile(path, after);
}
