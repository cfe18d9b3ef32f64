import type { MailManager } from './manager.ts';

/** Remembers every process that the plugins have had, to look in the end whether one still runs. */
export interface ProcessWatch {
  /** All of them, first to last. */
  readonly pids: ReadonlySet<number>;
  /** Those that run now. */
  alive(): number[];
}

/** Starts to remember. */
export function watchProcesses(manager: MailManager): ProcessWatch {
  const pids = new Set<number>();
  const note = (pid: number | undefined): void => {
    if (pid !== undefined) pids.add(pid);
  };
  for (const { pid } of manager.listPlugins()) note(pid);
  manager.on('state', ({ to }) => {
    if (to.status === 'ready') note(to.pid);
  });
  return { pids, alive: () => [...pids].filter(isAlive) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
