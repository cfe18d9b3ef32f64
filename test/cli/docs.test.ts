import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { plugboard } from './plugboard.ts';

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

/** Each command of the page, as its heading has it, with the options of its table. */
const told = new Map(
  page
    .split(/^###? /m)
    .filter((section) => section.startsWith('plugboard '))
    .map((section) => {
      const [heading = ''] = section.split('\n', 1);
      const options = [...section.matchAll(/^\| `(-[^`]+)` \|/gm)].map(([, option = '']) => option);
      return [heading.replaceAll('&lt;', '<').replaceAll('&gt;', '>'), options.toSorted()];
    }),
);

/** The names under "Commands:" of a help text. */
function commandsIn(help: string): string[] {
  const [, list = ''] = help.split('\nCommands:\n');
  const names = [...list.matchAll(/^ {2}(\w+)/gm)].map(([, name = '']) => name);
  return names.filter((name) => name !== 'help');
}

/** The options under "Options:" of a help text that are the command's own. */
function optionsIn(help: string): string[] {
  const [, list = ''] = /\nOptions:\n([^]*?)\n\n/.exec(help) ?? [];
  const options = [...list.matchAll(/^ {2}(-.+?) {2,}/gm)].map(([, option = '']) => option);
  return options.filter((option) => option !== '-h, --help').toSorted();
}

/** What the command says of itself: every command that does something, with its options. */
async function commandsOf(path: readonly string[] = []): Promise<[string, string[]][]> {
  const { stdout } = await plugboard(tmpdir(), ...path, '--help');
  const inner = await Promise.all(commandsIn(stdout).map((name) => commandsOf([...path, name])));
  if (inner.length > 0) return inner.flat();
  const [, usage = ''] = /^Usage: (.*)$/m.exec(stdout) ?? [];
  return [[usage.replace(' [options]', ''), optionsIn(stdout)]];
}

describe('docs/cli.md', () => {
  it('tells of every command and of every option, as --help does', async () => {
    expect(told).toEqual(new Map(await commandsOf()));
  });

  it('has the exit codes that --help has', async () => {
    const { stdout } = await plugboard(tmpdir(), '--help');
    const inHelp = [...(/Exit codes:(.*)/.exec(stdout)?.[1] ?? '').matchAll(/\b(\d) /g)].map(
      ([, code]) => code,
    );
    const inPage = [...page.matchAll(/^\| (\d) \|/gm)].map(([, code]) => code);
    expect(inPage).toEqual(inHelp);
  });
});
