// A host that does one thing, shuts down, and then must end by itself: nothing here ends the process.
// Its arguments: the transport, and what to do. It prints the pids of its children and how long its end took.
import { fileURLToPath } from 'node:url';
import { definePlugin, Simple } from 'plugboard';
import { inProcess, subprocess, worker } from 'plugboard/transports';

const [transport, deed] = process.argv.slice(2);
const echo = fileURLToPath(new URL('./echo.mjs', import.meta.url));
const lines = fileURLToPath(new URL('./lines.mjs', import.meta.url));

const near = definePlugin({
  name: 'near',
  version: '1.0.0',
  execute: (text) => (text === 'wait for ever' ? new Promise(() => {}) : text),
});

const sources = {
  'in-process': () => inProcess(near),
  worker: () => worker(echo),
  fd: () => subprocess(process.execPath, { args: [echo] }),
  stdio: () => subprocess(process.execPath, { args: [echo], channel: 'stdio' }),
  lines: () => subprocess(process.execPath, { args: [lines], protocol: 'go-plugins' }),
};

const build = (settings) => Simple().withPlugin('plugin', sources[transport](), settings).build();

/** A call whose end nobody needs. */
const ask = (manager, text) => void manager.execute('plugin', text).catch(() => {});

const deeds = {
  async call(manager) {
    await manager.execute('plugin', 'hello');
    await manager.health();
    await manager.shutdown();
  },
  async 'unused and lazy'(manager) {
    await manager.shutdown();
  },
  async 'a call that never ends'(manager) {
    ask(manager, 'wait for ever');
    await manager.shutdown({ timeoutMs: 50 });
  },
  async 'a deadline that was missed'(manager) {
    await manager.execute('plugin', 'wait for ever', { timeoutMs: 30 }).catch(() => {});
    await manager.shutdown({ timeoutMs: 50 });
  },
  async 'a crash before the restart'(manager) {
    const crashed = new Promise((resolve) =>
      manager.on('state', ({ to }) => to.status === 'restarting' && resolve()),
    );
    ask(manager, 'end yourself');
    await crashed;
    await manager.shutdown();
  },
  async unregister(manager) {
    await manager.execute('plugin', 'hello');
    await manager.unregister('plugin');
  },
};

const manager = await build(deed === 'unused and lazy' ? { start: 'lazy' } : {});
for (const { pid } of manager.listPlugins()) if (pid !== undefined) console.log(`child ${pid}`);
await deeds[deed](manager);
const doneAt = performance.now();
process.on('exit', () => console.log(`ended ${Math.round(performance.now() - doneAt)} ms after it was done`));
