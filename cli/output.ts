import { once } from 'node:events';

import { exitCodes } from './failure.ts';

/** Prints the one result of a command: for people, or as one JSON document. */
export async function print(result: object, text: string, asJson: boolean): Promise<void> {
  await write(asJson ? JSON.stringify(result, undefined, 2) : text);
}

/** Prints one line, and waits while the reader is slow. */
export async function write(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

/** The command was done, and found that something is not in order. */
export function problemFound(): void {
  process.exitCode = exitCodes.problemFound;
}

/** Columns beside each other, as wide as they need. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
