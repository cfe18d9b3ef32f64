// A mail gateway that is run from one file: `npm run gateway`, or with a file of your own behind it.
import { watch } from 'chokidar';
import { isPluginError } from 'plugboard';
import { readGatewayFile } from './config.ts';
import { startGateway, type Gateway } from './gateway.ts';

const [path = 'examples/mail-gateway/gateway.yaml'] = process.argv.slice(2);

await main().catch((error: unknown) => {
  say(isPluginError(error) || error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const file = await readGatewayFile(path);
  const gateway = await startGateway({ file, log: console });
  const { host } = file.gateway.listen;
  say(
    `${file.gateway.hostname} listens on ${host}:${gateway.port}, ready after ${Math.round(performance.now())} ms`,
  );
  say(`send it a mail:  node .build/examples/mail-gateway/send.js --port ${gateway.port}`);
  say(`or:              swaks --server ${host}:${gateway.port} --from ada@example.org --to bob@example.com`);
  say(`edit ${path} while it runs; end it with Ctrl-C`);
  const watcher = watch(path, {
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: 100, pollInterval: 20 },
  });
  watcher.on('all', () => void reload(gateway));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void end(gateway, () => watcher.close()));
  }
}

async function reload(gateway: Gateway): Promise<void> {
  try {
    await gateway.reload(await readGatewayFile(path));
    say(`took up ${path}`);
  } catch (error) {
    say(`${path} changes nothing: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function end(gateway: Gateway, endWatch: () => Promise<void>): Promise<void> {
  await endWatch();
  await gateway.close();
  say('ended; what is queued is delivered at the next start');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
