import type { ManagerEvents, PluginView, Undo } from 'plugboard';
import { isAlive } from './processes.ts';

interface AnyManager {
  listPlugins(): PluginView[];
  on(name: 'state', listener: (event: ManagerEvents['state']) => void): Undo;
  shutdown(options?: { readonly timeoutMs?: number }): Promise<unknown>;
}

/** What running calls and stubborn plugins get at the end of a test, in milliseconds. */
const shutdownMs = 500;

/** A manager that ends with its test: `await using host = await managed(Simple()….build())`. */
export interface Managed<M> extends AsyncDisposable {
  readonly manager: M;
  /** Every move of every plugin so far, as `plugin: status`. */
  readonly moves: readonly string[];
  /** The next move of a plugin into a status. */
  next(plugin: string, status: string): Promise<ManagerEvents['state']>;
}

/** Shuts the manager down at the end of the test, and fails the test if one of its processes is left. */
export async function managed<M extends AnyManager>(building: Promise<M>): Promise<Managed<M>> {
  const manager = await building;
  const pids = new Set<number>();
  const moves: string[] = [];
  const see = (pid: number | undefined): void => void (pid !== undefined && pids.add(pid));
  for (const { pid } of manager.listPlugins()) see(pid);
  manager.on('state', ({ plugin, to }) => {
    moves.push(`${plugin}: ${to.status}`);
    if (to.status === 'ready') see(to.pid);
  });
  return {
    manager,
    moves,
    next: (plugin, status) => nextMove(manager, plugin, status),
    async [Symbol.asyncDispose]() {
      await manager.shutdown({ timeoutMs: shutdownMs });
      const left = [...pids].filter(isAlive);
      for (const pid of left) process.kill(pid, 'SIGKILL');
      if (left.length > 0) throw new Error(`the manager left processes running: ${left.join(', ')}`);
    },
  };
}

function nextMove(manager: AnyManager, plugin: string, status: string): Promise<ManagerEvents['state']> {
  return new Promise((resolve) => {
    const undo = manager.on('state', (event) => {
      if (event.plugin !== plugin || event.to.status !== status) return;
      undo();
      resolve(event);
    });
  });
}
