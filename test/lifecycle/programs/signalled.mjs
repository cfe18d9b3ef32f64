// A host that shuts down on signals. Its arguments: `on` or `off`, how many managers, how long each one's calls take,
// in milliseconds. It prints a line of JSON for each thing that happens.
import { fileURLToPath } from 'node:url';
import { Simple } from 'plugboard';
import { subprocess } from 'plugboard/transports';

const [mode, managers, ...ms] = process.argv.slice(2);
const bee = fileURLToPath(new URL('bee.mjs', import.meta.url));
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

// a test that fails must not leave it behind
setTimeout(() => process.exit(9), 25_000).unref();

async function host(index) {
  const builder = Simple().withPlugin(
    'bee',
    subprocess(process.execPath, { args: [bee], killTimeoutMs: 300 }),
  );
  const manager = await (mode === 'off' ? builder : builder.withSignals()).build();
  const takesMs = ms[index] === 'never' ? null : Number(ms[index]);
  manager.execute('bee', { id: index, ms: takesMs }).then(
    ({ id }) => say({ answered: id }),
    ({ code }) => say({ failed: index, code }),
  );
  return manager;
}

const running = await Promise.all(Array.from({ length: Number(managers) }, (_, index) => host(index)));
if (mode === 'shut down first') {
  await Promise.all(running.map((manager) => manager.shutdown({ timeoutMs: 0 })));
  setInterval(() => {}, 1000); // something of the host's own that goes on
}
if (mode === 'is shutting down') for (const manager of running) void manager.shutdown();
if (mode === 'listens itself') {
  const work = setInterval(() => {}, 1000);
  let times = 0;
  process.on('SIGTERM', () => {
    say({ heard: 'SIGTERM' });
    if (++times === 2) clearInterval(work);
  });
}
say({
  ready: running.map((manager) => manager.getPlugin('bee').pid ?? null),
  listeners: process.listenerCount('SIGTERM') + process.listenerCount('SIGINT'),
});
