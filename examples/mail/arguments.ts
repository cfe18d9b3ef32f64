import { parseArgs } from 'node:util';
import { BadInput } from './message/load.ts';

/** What the command line asks for. */
export interface Arguments {
  readonly help: boolean;
  /** Empty: the messages that come with the example. */
  readonly files: readonly string[];
}

export const usage = `Usage: npm run demo [-- FILE...]

Judges e-mail with four plugins at once: a check in this process, a worker thread, a Node child
and a Python child. Half-way it kills the Node child, and shows that no message gets lost.

  FILE      an .eml file or an mbox; without one, the messages of examples/mail
  --help    shows this

Exit status: 0 if every message was judged, 1 if not, 2 if a FILE is missing or holds no mail.
`;

/** @throws {BadInput} when there is an option that does not exist. */
export function readArguments(args: readonly string[]): Arguments {
  try {
    const options = { help: { type: 'boolean', short: 'h', default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { help: values.help, files: positionals };
  } catch (error) {
    // Node's message goes on with advice that is of no use here.
    const [what] = String(error instanceof Error ? error.message : error).split('. ');
    throw new BadInput(`${what}\n\n${usage}`);
  }
}
