import type { FileHandle } from 'node:fs/promises';

import { auditFailure } from './audit-error.ts';
import type { AuditCheckpoint } from './checkpoint.ts';
import { openForAppending, syncFolderOf } from './open-log-file.ts';

/** No line of checkpoints is so long, in bytes. */
const maxLineBytes = 1024;

/** Adds a checkpoint to a file, made for the owner alone, and syncs it. @throws {PluginError} `SECURITY_1806`. */
export async function appendCheckpoint(file: string, checkpoint: AuditCheckpoint): Promise<void> {
  try {
    const { handle, stats } = await openForAppending(file);
    try {
      if (stats.size === 0n) await syncFolderOf(file);
      else await cutUnfinishedLine(handle, Number(stats.size));
      await handle.appendFile(`${JSON.stringify(checkpoint)}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw auditFailure('anchored', file, error);
  }
}

/** A crash may have left half a line; the next must not stand behind it. */
async function cutUnfinishedLine(handle: FileHandle, size: number): Promise<void> {
  const start = Math.max(0, size - maxLineBytes);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
  const end = start + buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
  if (end < size && (end > start || start === 0)) await handle.truncate(end);
}
