import { lstat, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, resolve } from 'node:path';

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

/** What a plugin that is killed leaves behind. */
export interface Remains {
  readonly folder: SocketFolder;
  /** Sockets that it told of, wherever they are. */
  readonly sockets: ReadonlySet<string>;
  /** Its folder for temporary files. */
  readonly temporary: string | undefined;
}

/** A process that this host started. */
export function childLife(child: Child, { folder, sockets, temporary }: Remains, plugin: string): Life {
  const gone = child.exited.then(async (exit) => {
    const own = [...sockets].filter((path) => isNamedByGo(path, temporary ?? tmpdir()));
    await Promise.all([folder.remove(), ...own.map(removeSocket)]);
    return endedError(exit, child, plugin);
  });
  return { pid: child.pid, gone, isOurs: true, kill: () => child.signal('SIGKILL') };
}

/** go-plugin before 1.5 makes its sockets there; what has another name or place may be somebody else's. */
function isNamedByGo(path: string, temporary: string): boolean {
  return basename(path).startsWith('plugin') && dirname(path) === resolve(temporary);
}

/** No other kind of file is touched. */
async function removeSocket(path: string): Promise<void> {
  try {
    if ((await lstat(path)).isSocket()) await rm(path, { force: true });
  } catch {
    // it is gone already
  }
}
