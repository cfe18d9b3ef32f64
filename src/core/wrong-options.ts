import { PluginError } from './errors.ts';
import { printable } from './printable.ts';

/** What a schema finds wrong, and where. */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** All that is wrong with options, on one line. */
export function issueWords(issues: readonly Issue[]): string {
  return issues
    .map(({ path, message }) => printable(`${path.map(String).join('.') || 'options'}: ${message}`, 200))
    .join('; ');
}

/** A `CONFIG_1703` for the options of something; `page` of docs/ lists them. */
export function wrongOptions(of: string, issues: readonly Issue[], page: string): PluginError {
  const message = `the options of ${of} are wrong: ${issueWords(issues)}. See docs/${page}.`;
  return new PluginError('CONFIG_1703', { message });
}
