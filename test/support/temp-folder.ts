import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is gone at the end of the test. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string;
  /** Writes a file into it, and says its path. */
  write(name: string, content: string | Uint8Array, mode?: number): Promise<string>;
}

/** Makes an empty folder for one test: `await using folder = await tempFolder()`. */
export async function tempFolder(): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), 'plugboard-test-'));
  return {
    path,
    async write(name, content, mode = 0o644) {
      const file = join(path, name);
      await writeFile(file, content, { mode });
      return file;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
