import { lstat, rm } from 'node:fs/promises';

import type { PluginError } from '../../src/core/errors.ts';
import { endedError, type Child } from '../subprocess/child.ts';
import type { SocketFolder } from './socket-folder.ts';

/** The process of a plugin, whoever started it. */
export interface Life {
  readonly pid: number;
  /** Resolves when it is gone and nothing is left of it, with what to tell those who call it. */
  readonly gone: Promise<PluginError>;
  /** Whether this host ends it; a test or a debugger ends its plugin itself. */
  readonly isOurs: boolean;
  /** Ends it at once, or lets go of it. */
  kill(): void;
}

/** A process that this host started, with the sockets it leaves behind when it is killed. */
export function childLife(
  child: Child,
  folder: SocketFolder,
  sockets: ReadonlySet<string>,
  plugin: string,
): Life {
  const gone = child.exited.then(async (exit) => {
    await Promise.all([folder.remove(), ...[...sockets].map(removeSocket)]);
    return endedError(exit, child, plugin);
  });
  return { pid: child.pid, gone, isOurs: true, kill: () => child.signal('SIGKILL') };
}

/** Plugins of go-plugin before 1.5 make their sockets where they like; no other file is touched. */
async function removeSocket(path: string): Promise<void> {
  try {
    if ((await lstat(path)).isSocket()) await rm(path, { force: true });
  } catch {
    // it is gone already
  }
}
