import type { ErrorCode } from '../core/error-codes.ts';
import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  readonly code: ErrorCode;
  /** Where in the file, counted from 1; undefined where the format does not tell. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** The path as written, `plugins[0].retry.max_retries`. */
  readonly path: string;
  /** What was found and what is allowed. */
  readonly message: string;
}

/** A problem that ends the reading of a text. */
export class UnreadableText extends Error {
  readonly at: number | undefined;

  constructor(message: string, at: number | undefined) {
    super(message);
    this.at = at;
  }
}

/** A problem as one line: `plugins.yaml:3:5: plugins[0].name: …`. */
function printProblem(problem: ConfigProblem, file: string | undefined): string {
  const { line, column, path, message } = problem;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return printable([place, path, message].filter((part) => part !== '').join(': '), 1000);
}

const shown = 100;

/** One error that says every problem; `context.problems` holds them as data. */
export function configError(problems: readonly ConfigProblem[], file: string | undefined): PluginError {
  const lines = problems.slice(0, shown).map((problem) => `\n  - ${printProblem(problem, file)}`);
  if (problems.length > shown) lines.push(`\n  - and ${problems.length - shown} more`);
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const isSyntax = problems.every(({ code }) => code === 'CONFIG_1702');
  return new PluginError(isSyntax ? 'CONFIG_1702' : 'CONFIG_1703', {
    message: `the configuration has ${count}; nothing of it was taken up. Mend it and load it again:${lines.join('')}`,
    context: { ...(file !== undefined && { file }), problems },
  });
}
