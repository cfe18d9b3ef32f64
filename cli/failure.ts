import { CommanderError } from 'commander';

/** How the command ends; docs/cli.md lists them. */
export const exitCodes = { ok: 0, problemFound: 1, usage: 2, failed: 3 } as const;

/** Says on stderr why a command could not be done, in one line, and sets the exit code. */
export function failed(error: unknown, asJson: boolean): void {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return; // help or version, which is printed already
    process.exitCode = exitCodes.usage;
    if (error.code !== 'commander.help') say('USAGE', usageMessage(error), asJson);
    return;
  }
  process.exitCode = exitCodes.failed;
  const { code, message } = wordsOf(error);
  say(code, message, asJson);
}

/** Ends a command that was not asked for properly. */
export function usageError(message: string): CommanderError {
  return new CommanderError(exitCodes.usage, 'plugboard.usage', message);
}

function usageMessage({ message }: CommanderError): string {
  const line = message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
  return `${line.replace(/[.]$/, '')}. See plugboard --help.`;
}

interface Coded {
  readonly code?: unknown;
  readonly plugin?: unknown;
  readonly rawMessage?: unknown;
  readonly message?: unknown;
}

/** Without loading the library for it: an error of its own has a code, and its message without it. */
function wordsOf(error: unknown): { code: string; message: string } {
  const { code, plugin, rawMessage, message }: Coded =
    typeof error === 'object' && error !== null ? error : {};
  const text = typeof rawMessage === 'string' ? rawMessage : String(message ?? error);
  return {
    code: typeof code === 'string' ? code : 'UNKNOWN',
    message: typeof plugin === 'string' ? `plugin '${plugin}': ${text}` : text,
  };
}

function say(code: string, message: string, asJson: boolean): void {
  const text = asJson ? JSON.stringify({ error: { code, message } }) : `error ${code}: ${oneLine(message)}`;
  process.stderr.write(`${text}\n`);
}

/** What came from outside must not move the terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, ' ');
}
