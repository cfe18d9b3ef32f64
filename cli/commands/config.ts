import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import {
  diffConfig,
  loadConfig,
  printConfig,
  printDiff,
  type ConfigProblem,
  type HostConfig,
} from 'plugboard/config';
import { startOrder } from 'plugboard/discovery';

import { oneLine } from '../failure.ts';
import { print, problemFound, write } from '../output.ts';

/** What every `plugboard config …` takes. */
export interface ConfigCommandOptions {
  readonly json?: boolean;
  readonly lenient?: boolean;
}

export async function check(file: string, { json = false, lenient }: ConfigCommandOptions): Promise<void> {
  const unknown: ConfigProblem[] = [];
  const read = await readOrProblems(file, { lenient: lenient === true, warn: (one) => unknown.push(one) });
  const order = 'config' in read ? orderOf(read.config) : { problems: [], warnings: [] };
  const problems = 'config' in read ? order.problems : read.problems;
  const warnings = [...unknown, ...order.warnings];
  const plugins = 'config' in read ? read.config.plugins.map(({ name }) => name) : [];
  const ok = problems.length === 0;
  const summary = ok ? `good: ${countOf(plugins)}` : `bad: ${problems.length} to mend`;
  const lines = [
    ...problems.map((problem) => lineOf(problem, file)),
    ...warnings.map((warning) => `warning: ${lineOf(warning, file)}`),
    summary,
  ];
  await print({ file, ok, plugins, problems, warnings }, lines.join('\n'), json);
  if (!ok) problemFound();
}

export async function show(file: string, { json = false, lenient }: ConfigCommandOptions): Promise<void> {
  const config = await loadConfig(file, noting(file, lenient));
  await write(printConfig(config, json ? 'json' : 'yaml').trimEnd());
}

export async function schema(): Promise<void> {
  const file = fileURLToPath(import.meta.resolve('plugboard/schema.json'));
  await write((await readFile(file, 'utf8')).trimEnd());
}

export async function plan(
  before: string,
  after: string,
  { json = false, lenient }: ConfigCommandOptions,
): Promise<void> {
  const [old, next] = await Promise.all([
    loadConfig(before, noting(before, lenient)),
    loadConfig(after, noting(after, lenient)),
  ]);
  const diff = diffConfig(old, next);
  await print(diff, printDiff(diff), json);
}

interface Lenience {
  readonly lenient: boolean;
  readonly warn: (problem: ConfigProblem) => void;
}

type Read = { readonly config: HostConfig } | { readonly problems: readonly ConfigProblem[] };

/** A file that is wrong is what was asked about; one that cannot be read is not. */
async function readOrProblems(file: string, lenience: Lenience): Promise<Read> {
  try {
    return { config: await loadConfig(file, lenience) };
  } catch (error) {
    const problems = problemsOf(error);
    if (problems === undefined) throw error;
    return { problems };
  }
}

function problemsOf(error: unknown): readonly ConfigProblem[] | undefined {
  const { context }: { context?: { problems?: readonly ConfigProblem[] } } =
    typeof error === 'object' && error !== null ? error : {};
  return context?.problems;
}

/** What a file alone can say of the order of starts: code and discovery may bring what is missing in it. */
function orderOf(config: HostConfig): { problems: ConfigProblem[]; warnings: ConfigProblem[] } {
  const plugins = config.plugins.filter(({ enabled }) => enabled);
  const found = startOrder(plugins.map(({ name, dependencies }) => ({ name, dependencies }))).problems;
  const told = (kind: string, more = ''): ConfigProblem[] =>
    found
      .filter((problem) => problem.kind === kind)
      .map(({ plugin, message }) => ({ code: 'REGISTRY_1901', path: plugin, message: message + more }));
  return {
    problems: told('cycle'),
    warnings: told('missing', ' in this file; the host refuses it unless code or discovery brings that one'),
  };
}

function noting(file: string, lenient = false): Lenience {
  return {
    lenient,
    warn: (problem) => void process.stderr.write(`warning: ${lineOf(problem, file)}\n`),
  };
}

function lineOf({ code, line, column, path, message }: ConfigProblem, file: string): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return oneLine([place, path, `${message} (${code})`].filter((part) => part !== '').join(': '));
}

function countOf(plugins: readonly string[]): string {
  return plugins.length === 1 ? '1 plugin' : `${plugins.length} plugins`;
}
