import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A change of one built file: every place that fits is replaced, and there must be one. */
export interface Edit {
  readonly file: string;
  readonly pattern: RegExp;
  readonly by: string;
}

const main = import.meta.resolve('plugboard');
const dist = fileURLToPath(new URL('..', main));

/** A folder with a copy of the built package, changed as said, which goes when the copy is disposed of. */
export async function packageCopy(edits: readonly Edit[]): Promise<AsyncDisposable & { folder: string }> {
  const folder = await mkdtemp(fileURLToPath(new URL('../../.build/copy-', main)));
  const remove = (): Promise<void> => rm(folder, { recursive: true });
  try {
    await cp(dist, folder, { recursive: true });
    for (const edit of edits) await apply(folder, edit);
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, [Symbol.asyncDispose]: remove };
}

async function apply(folder: string, { file, pattern, by }: Edit): Promise<void> {
  const path = `${folder}/${file}`;
  const before = await readFile(path, 'utf8');
  const after = before.replace(pattern, by);
  if (after === before) throw new Error(`${file} has nothing that fits ${String(pattern)}`);
  await writeFile(path, after);
}
