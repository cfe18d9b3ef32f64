import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { syncFolder } from '../queue/durable-file.ts';

/**
 * Stores a message in a recipient's folder, as `new/NAME.eml`. The same name twice is one message: here an attempt that
 * a crash has cut off cannot deliver twice.
 */
export async function storeInMaildir(
  folder: string,
  address: string,
  name: string,
  message: Readable,
): Promise<void> {
  const box = join(folder, folderName(address));
  for (const part of ['tmp', 'new']) await mkdir(join(box, part), { recursive: true, mode: 0o700 });
  const draft = join(box, 'tmp', `${name}.eml`);
  await pipeline(message, createWriteStream(draft, { mode: 0o600, flush: true }));
  await rename(draft, join(box, 'new', `${name}.eml`));
  await syncFolder(join(box, 'new'));
}

/** A name that stays in its folder, whatever the address. */
function folderName(address: string): string {
  return encodeURIComponent(address.toLowerCase()).replace(/^\.+/, '_').slice(0, 200) || '_';
}
