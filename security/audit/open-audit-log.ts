import { resolve } from 'node:path';

import { checkClock } from '../../src/core/check-clock.ts';
import { checkObject } from '../../src/core/check-given.ts';
import { systemClock, type Clock } from '../../src/core/clock.ts';
import type { AuditSink } from '../audit-sink.ts';
import { needsPositive } from './audit-error.ts';
import { AuditLog } from './audit-log.ts';
import { checkLog } from './check-log.ts';
import { Checkpointer, type AuditCheckpoints } from './checkpointer.ts';
import { FileStore } from './file-store.ts';
import type { RecordStore } from './record-store.ts';

/** How an audit log is kept. */
export interface AuditLogOptions {
  /** Sign its state now and then. Default: no; then only changes in its middle show. */
  readonly checkpoints?: AuditCheckpoints | undefined;
  /** Time. Default the computer's. */
  readonly clock?: Clock | undefined;
}

/** How an audit log in a file is kept. */
export interface AuditFileOptions extends AuditLogOptions {
  /** A file that would grow over this becomes a part (`audit.jsonl.000001`), and a new one begins. Default 64 MiB. */
  readonly maxFileBytes?: number | undefined;
}

/**
 * An audit log in a file of JSON lines, chained by SHA-256. docs/audit.md describes the file.
 * It is made for the owner alone; its folder must be there. One process writes it at a time.
 * @throws {PluginError} `SECURITY_1806` for a key that cannot sign checkpoints, `CONFIG_1703` for a number out of range.
 */
export function auditLog(file: string, options: AuditFileOptions = {}): AuditSink {
  checkLog(file, options, 'auditLog');
  const { maxFileBytes = 64 * 1024 * 1024 } = options;
  needsPositive('maxFileBytes', maxFileBytes);
  return logOn(new FileStore(resolve(file), maxFileBytes), options);
}

/** The same log in any store. */
export function logOn(store: RecordStore, { checkpoints, clock = systemClock }: AuditLogOptions): AuditSink {
  if (checkpoints !== undefined)
    checkObject(checkpoints, 'checkpoints', 'Give { to, key }, or leave them out.');
  checkClock(clock, 'the audit log');
  return new AuditLog(store, clock, checkpoints && new Checkpointer(checkpoints, clock));
}
