import type { Child } from '../subprocess/child.ts';
import { readLines } from '../wire/log-lines.ts';

/** A line with the largest certificate and path there may be is shorter by far; Go's hosts read as much. */
const maxLineBytes = 64 * 1024;

/**
 * The first line of stdout, or undefined if there was none. What comes after it is logged: a pipe that nobody reads
 * would stop the plugin.
 */
export function firstLine({ stdout, log }: Child): Promise<string | undefined> {
  return new Promise((resolve) => {
    let isFirst = true;
    readLines(stdout, maxLineBytes, (line, cut) => {
      if (!isFirst && line !== '') log.write('info', line, { stream: 'stdout', ...(cut && { cut }) });
      if (isFirst) resolve(line);
      isFirst = false;
    });
    stdout.once('close', () => resolve(undefined));
  });
}
