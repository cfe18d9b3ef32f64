import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMbox, splitMbox } from './mbox.ts';
import { readHeaders } from './headers.ts';

/** A message that was found, not yet read. */
export interface Mail {
  readonly id: string;
  readonly raw: Buffer;
}

/** Something the person who started the program can put right. */
export class BadInput extends Error {}

const telling =
  /^(from|to|cc|subject|date|sender|reply-to|received|return-path|message-id|mime-version|delivered-to)$/i;

const explanations: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'is a folder; name the .eml files in it, or an mbox',
  EACCES: 'may not be read by you',
  ERR_FS_FILE_TOO_LARGE: 'is over 2 GiB; split it first',
};

/** The messages of all files named; every file that holds none is told of at once. */
export async function loadMail(paths: readonly string[]): Promise<Mail[]> {
  const mail: Mail[] = [];
  const faults: string[] = [];
  for (const path of paths) {
    try {
      for (const found of messagesIn(basename(path), await readFile(path))) mail.push(found);
    } catch (error) {
      faults.push(`${path}: ${explain(error)}`);
    }
  }
  if (faults.length > 0) throw new BadInput(faults.join('\n'));
  return mail;
}

/** The messages that come with the example. */
export async function ownMail(folder: URL): Promise<string[]> {
  const names = await readdir(folder);
  const own = names.filter((name) => name.endsWith('.eml')).toSorted();
  return own.map((name) => fileURLToPath(new URL(name, folder)));
}

function messagesIn(name: string, file: Buffer): Mail[] {
  if (file.length === 0) throw new BadInput('is empty');
  if (!isMbox(file)) return [{ id: name.replace(/\.eml$/i, ''), raw: mustBeMail(file) }];
  return Array.from(splitMbox(file), (raw, index) => ({ id: `${name}:${index + 1}`, raw }));
}

function mustBeMail(file: Buffer): Buffer {
  const { headers } = readHeaders(file.toString('latin1', 0, 65_536));
  if (headers.some((header) => telling.test(header.name))) return file;
  throw new BadInput('is not mail: it has no From, To, Subject or Date at its start');
}

function explain(error: unknown): string {
  if (error instanceof BadInput) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return explanations[code] ?? `cannot be read (${code})`;
}
