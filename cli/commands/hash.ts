import { relative, resolve } from 'node:path';

import { pinPath } from 'plugboard/security';

import { oneLine } from '../failure.ts';
import { print } from '../output.ts';
import { withProgress } from '../progress.ts';

/** `plugboard hash <path>`. */
export async function hash(path: string, { json = false }: { readonly json?: boolean }): Promise<void> {
  const pinned = await withProgress((onBytes) => pinPath(path, { onBytes }));
  const shown = relative('.', resolve(path)) || '.';
  const lines =
    pinned.files === undefined
      ? [`${pinned.hash ?? ''}  ${shown}`]
      : Object.entries(pinned.files).map(([name, sha256]) => `${sha256}  ${name}`);
  await print({ path: shown, ...pinned }, lines.map(oneLine).join('\n'), json);
}
