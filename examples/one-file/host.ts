// A host that is run entirely from one file. It asks all the time, and tells when something is different.
import { setTimeout as wait } from 'node:timers/promises';
import { isPluginError, printDiff, Production } from 'plugboard';

const callers = 4;
const pauseMs = 5;

const [file = 'examples/one-file/host.yaml'] = process.argv.slice(2);
const counts = { answered: 0, failed: 0 };
const over = new AbortController();
let last = '';

await main().catch((error: unknown) => {
  if (!isPluginError(error)) throw error;
  say(error.message);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const built = await Production<{ who: string }, string>().withLogger(console).withConfig(file).build();
  const manager = built.dynamic();
  manager.on('reload', ({ report, error }) => {
    if (error === undefined) say(`reloaded in ${Math.round(report.durationMs)} ms:\n${printDiff(report)}`);
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => over.abort());
  say(`process ${process.pid} asks; edit ${file}, and end with Ctrl-C`);
  await Promise.all(
    Array.from({ length: callers }, () => ask(() => manager.execute('greeter', { who: 'Ada' }))),
  );
  await manager.shutdown();
  say(`${counts.answered} calls answered, ${counts.failed} lost`);
}

/** One caller: the next call as soon as it has the answer to the last one, and has rested. */
async function ask(greet: () => Promise<string>): Promise<void> {
  while (!over.signal.aborted) {
    try {
      const greeting = await greet();
      counts.answered++;
      if (greeting !== last) say(greeting);
      last = greeting;
    } catch (error) {
      counts.failed++;
      say(String(error));
    }
    await wait(pauseMs);
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
