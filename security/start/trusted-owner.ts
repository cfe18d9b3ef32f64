import type { Stats } from 'node:fs';

/** Who may own what is trusted: root and the user this process runs as. Not known on Windows. */
function trusts(uid: number): boolean {
  const own = process.getuid?.();
  return own === undefined || uid === 0 || uid === own;
}

const sharedWrite = 0o022;
const setId = 0o6000;

/**
 * Who besides root and us may change this file or folder, or become somebody else by it; undefined if nobody.
 * On Windows modes say nothing, and nothing is found.
 */
export function ownershipFault(path: string, stats: Stats): string | undefined {
  if (process.platform === 'win32') return undefined;
  if (!trusts(stats.uid))
    return `${path} belongs to another user (${stats.uid}); chown it to yours or to root`;
  if ((stats.mode & sharedWrite) !== 0) return `${path} can be written by others; chmod go-w it`;
  if (stats.isFile() && (stats.mode & setId) !== 0) return `${path} runs as another user; chmod ug-s it`;
  return undefined;
}
