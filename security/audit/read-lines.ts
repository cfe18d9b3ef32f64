import type { FileHandle } from 'node:fs/promises';

import { maxLineBytes } from './draft.ts';

/** One line of a log, and where it stands. */
export interface LogLine {
  readonly file: string;
  /** Counted from 1; in a database the row's `seq`. */
  readonly line: number;
  readonly text: string;
  /** `cut`: its end is missing, as after a crash. `long`: no record is so long; the rest of the file is not read. */
  readonly state: 'whole' | 'cut' | 'long';
}

const chunkBytes = 256 * 1024;
const lineFeed = 0x0a;

/** The lines of an open file, one after another, in little memory. */
export async function* linesOfFile(handle: FileHandle, file: string): AsyncGenerator<LogLine> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let held = Buffer.alloc(0);
  let line = 1;
  for (let at = 0; ;) {
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    held = Buffer.concat([held, chunk.subarray(0, bytesRead)]);
    let from = 0;
    for (let end = held.indexOf(lineFeed); end !== -1; end = held.indexOf(lineFeed, from)) {
      yield { file, line: line++, text: held.toString('utf8', from, end), state: 'whole' };
      from = end + 1;
    }
    held = held.subarray(from);
    if (held.length <= maxLineBytes) continue;
    yield { file, line, text: '', state: 'long' };
    return;
  }
  if (held.length > 0) yield { file, line, text: held.toString('utf8'), state: 'cut' };
}
