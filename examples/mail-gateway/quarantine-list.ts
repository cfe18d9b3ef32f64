import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { printable } from './delivery/printable.ts';
import { quarantineIn } from './records.ts';

const recordSchema = z.object({
  at: z.iso.datetime(),
  sender: z.string(),
  recipients: z.array(z.string()),
  reason: z.string(),
});

/** A message in quarantine: `ID.eml` beside the file that tells of it. */
interface Quarantined extends z.output<typeof recordSchema> {
  readonly id: string;
}

/**
 * What lies in a gateway's quarantine, the oldest first, each on a line of its own: id, time, sender, recipients and
 * reason, with tabs between them. The gateway may run meanwhile.
 */
export async function listQuarantine(folder: string): Promise<readonly string[]> {
  const quarantine = quarantineIn(folder);
  const names = await readdir(quarantine, { recursive: true }).catch(nothingIfAbsent);
  const files = names.filter((name) => name.endsWith('.json')).map((name) => join(quarantine, name));
  const found = await Promise.all(files.map(read));
  return found.toSorted((a, b) => a.at.localeCompare(b.at)).map(lineOf);
}

function nothingIfAbsent(error: NodeJS.ErrnoException): readonly string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

/** One that cannot be read hides no other. */
async function read(file: string): Promise<Quarantined> {
  const id = basename(file, '.json');
  try {
    return { id, ...recordSchema.parse(JSON.parse(await readFile(file, 'utf8'))) };
  } catch {
    return { id, at: '-', sender: '-', recipients: [], reason: `its record ${file} cannot be read` };
  }
}

function lineOf({ id, at, sender, recipients, reason }: Quarantined): string {
  return [id, at, sender || '<>', recipients.join(',') || '-', reason].map(printable).join('\t');
}
