// A mail gateway that is run from one file: `npm run gateway`, or with a file of your own behind it. With `--quarantine`
// it only lists what the gateway of that file has set aside.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { watch } from 'chokidar';
import { isPluginError } from 'plugboard';
import { readGatewayFile, type GatewayFile } from './config.ts';
import { startGateway, type Gateway } from './gateway.ts';
import { listQuarantine } from './quarantine-list.ts';

/** An editor writes in several steps; in milliseconds. */
const settling = { stabilityThreshold: 100, pollInterval: 20 };
let started = (): void => undefined;
let path = 'examples/mail-gateway/gateway.yaml';

await run().catch((error: unknown) => {
  say(isPluginError(error) || error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});

async function run(): Promise<void> {
  const options = { quarantine: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  path = positionals[0] ?? path;
  if (values.quarantine) await tellQuarantine();
  else await serve();
}

async function tellQuarantine(): Promise<void> {
  const { gateway } = await readGatewayFile(path);
  const lines = await listQuarantine(gateway.folder);
  say(lines.length === 0 ? `nothing is in the quarantine of ${gateway.folder}` : lines.join('\n'));
}

async function serve(): Promise<void> {
  // Watched before it is read, so that no change falls in between.
  const watcher = watch(path, { ignoreInitial: true, awaitWriteFinish: settling });
  let reloading: Promise<void> = new Promise((resolve) => void (started = resolve));
  let gateway: Gateway | undefined;
  const takeUp = (): void => void (reloading = reloading.then(() => gateway && reload(gateway, takeUp)));
  watcher.on('all', takeUp);
  try {
    await once(watcher, 'ready');
    const file = await readGatewayFile(path);
    gateway = await startGateway({ file, log: console });
    greet(file, gateway.port);
  } catch (error) {
    await watcher.close();
    throw error;
  }
  started();
  const running = gateway;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void end(running, () => watcher.close()));
  }
}

function greet({ gateway: { hostname, listen } }: GatewayFile, port: number): void {
  const address = `${listen.host}:${port}`;
  say(`${hostname} listens on ${address}, ready after ${Math.round(performance.now())} ms`);
  say(`send it a mail:  node .build/examples/mail-gateway/send.js --port ${port} --to ada@example.com`);
  say(`or:              swaks --server ${address} --from ada@example.org --to ada@example.com`);
  say(`edit ${path} while it runs; end it with Ctrl-C`);
}

/** What comes too soon for a plugin is taken up again when its time has come. */
async function reload(gateway: Gateway, again: () => void): Promise<void> {
  try {
    await gateway.reload(await readGatewayFile(path));
    say(`took up ${path}`);
  } catch (error) {
    say(`${path} changes nothing: ${error instanceof Error ? error.message : String(error)}`);
    if (isPluginError(error) && error.code === 'PLUGIN_1213') setTimeout(again, error.retryAfterMs).unref();
  }
}

async function end(gateway: Gateway, endWatch: () => Promise<void>): Promise<void> {
  await endWatch();
  await gateway.close();
  say('ended; what is queued is delivered at the next start');
  // A delivery that was given up may still wait for the other server.
  process.exit();
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
