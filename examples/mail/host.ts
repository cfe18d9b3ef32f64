import { isPluginError } from 'plugboard';
import { resolve } from 'node:path';
import { readArguments, usage } from './arguments.ts';
import { runDemo } from './demo.ts';
import { findPython } from './find-python.ts';
import { mailFolder } from './manager.ts';
import { BadInput, loadMail, ownMail } from './message/load.ts';
import { paintFor } from './report/paint.ts';

/** Signals that end the demo in good order, and the exit status that tells of each. */
const endings = { SIGINT: 130, SIGTERM: 143 } as const;

class Interrupted extends Error {
  readonly status: number;

  constructor(status: number) {
    super('Interrupted. The plugins are shut down.');
    this.status = status;
  }
}

// Nobody reads on, as in `npm run demo | head`; the plugins end with this process.
process.stdout.on('error', () => process.exit(0));

process.exitCode = await main().catch(explain);

async function main(): Promise<number> {
  const { help, files } = readArguments(process.argv.slice(2));
  if (help) {
    process.stdout.write(usage);
    return 0;
  }
  const paths =
    files.length === 0 ? await ownMail(mailFolder) : files.map((file) => resolve(callersFolder(), file));
  const mail = await loadMail(paths);
  const python = await findPython();
  if (python === undefined)
    process.stdout.write("No Python 3.8 or newer on the PATH: going on without the plugin 'pressure'.\n\n");
  const paint = paintFor(process.stdout, process.env);
  const good = await runDemo({ mail, python, output: process.stdout, paint, signal: interruption() });
  return good ? 0 : 1;
}

/** npm runs its scripts in the folder of the package; files are named from where the person is. */
function callersFolder(): string {
  return process.env['npm_lifecycle_event'] === 'demo' ? (process.env['INIT_CWD'] ?? '') : '';
}

/** The first Ctrl-C ends the plugins in good order, a second one everything at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, status] of Object.entries(endings))
    process.once(signal, () => controller.abort(new Interrupted(status)));
  return controller.signal;
}

/** Mistakes that are not the demo's own are told in a sentence; a stack would only hide it. */
function explain(error: unknown): number {
  if (!(error instanceof BadInput) && !(error instanceof Interrupted) && !isPluginError(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  if (error instanceof BadInput) return 2;
  return error instanceof Interrupted ? error.status : 1;
}
