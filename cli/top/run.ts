import { setTimeout as wait } from 'node:timers/promises';

import { PluginError } from 'plugboard';

import { usageError } from '../failure.ts';
import { print, write } from '../output.ts';
import { figuresOf, type Look } from './figures.ts';
import { readPage } from './page.ts';
import { tableOf } from './table.ts';

/** How `plugboard top` is asked. */
export interface TopOptions {
  readonly once?: boolean;
  readonly json?: boolean;
  /** In seconds. */
  readonly interval: number;
}

/** To the corner, and nothing below: the terminal keeps what was above. */
const clear = '\u001b[H\u001b[J';

/**
 * Shows the plugins of a host, once or over and over. A host that is away in between is waited for.
 * @throws {CommanderError} for what is no address.
 * @throws {PluginError} `TRANSPORT_1301` when one look fails and no other follows.
 */
export async function top(url: string, options: TopOptions): Promise<void> {
  const page = urlOf(url);
  if (options.json || options.once) {
    const plugins = figuresOf(await look(page), undefined);
    return print({ plugins }, tableOf(plugins).join('\n'), options.json === true);
  }
  if (process.stdout.isTTY) process.stdout.write('\u001b[2J');
  for (let before: Look | undefined; ; await wait(options.interval * 1000)) {
    before = await frame(page, before);
  }
}

async function frame(page: URL, before: Look | undefined): Promise<Look | undefined> {
  const { isTTY, columns, rows } = process.stdout;
  try {
    const now = await look(page);
    const lines = tableOf(figuresOf(now, before), isTTY ? columns : Infinity);
    await show(isTTY ? shortened(lines, rows - 2) : lines, isTTY);
    return now;
  } catch (error) {
    await show([error instanceof PluginError ? error.rawMessage : String(error)], isTTY);
    return undefined; // a host that comes back has begun to count anew
  }
}

async function look(page: URL): Promise<Look> {
  return { samples: await readPage(page), atMs: performance.now() };
}

function shortened(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  return [...lines.slice(0, rows - 1), `… and ${lines.length - rows + 1} more`];
}

async function show(lines: readonly string[], isTTY: boolean): Promise<void> {
  await write(`${isTTY ? clear : ''}${lines.join('\n')}${isTTY ? '' : '\n'}`);
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  // What was given is not repeated: it may hold a password.
  throw usageError('this is no address of a metrics page; one is http://127.0.0.1:9464/metrics');
}
