import { messageOf, PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';

/** What the system's words mean for a log, and what to do. */
const cures: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Make room; the log goes on by itself',
  EDQUOT: 'its quota is used up. Make room; the log goes on by itself',
  EFBIG: 'the system allows no larger file. Raise the limit, or set a smaller maxFileBytes',
  EROFS: 'the disk is read-only. Name a folder that can be written',
  EACCES: 'the host has no permission. Give it a folder of its own',
  EPERM: 'the host has no permission. Give it a folder of its own',
  ENOTDIR: 'a part of the path is no folder. Name another',
  EISDIR: 'it is a folder. Name a file',
  ELOOP: 'it is a symbolic link. Name the file itself',
  SQLITE_FULL: 'the disk is full. Make room; the log goes on by itself',
  SQLITE_READONLY: 'the database is read-only. Name a folder that can be written',
  SQLITE_BUSY: 'another program holds the database. End it',
  EMFILE: 'too many files are open. Raise the limit',
};

/** `SECURITY_1806`; the message ends with the cure. */
export function auditError(message: string, cause?: unknown): PluginError {
  return new PluginError('SECURITY_1806', { message, ...(cause !== undefined && { cause }) });
}

/** What the system refused, as `SECURITY_1806`; an error that has a code already stays as it is. */
export function auditFailure(what: string, file: string, thrown: unknown): PluginError {
  if (thrown instanceof PluginError) return thrown;
  const code = systemCode(thrown);
  const cure = cureOf(code, what) ?? `${messageOf(thrown)}. Look after the disk`;
  return auditError(`the audit log ${printable(file, 300)} cannot be ${what}: ${cure}.`, thrown);
}

function cureOf(code: string | undefined, what: string): string | undefined {
  if (code !== 'ENOENT') return code === undefined ? undefined : cures[code];
  return what === 'opened' ? 'there is no such folder. Create it' : 'there is no such file. Name another';
}

/** `ENOSPC` and the like. */
export function systemCode(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** @throws {PluginError} `CONFIG_1703` unless it is a number over 0. */
export function needsPositive(name: string, value: number): void {
  if (typeof value === 'number' && value > 0) return;
  throw new PluginError('CONFIG_1703', {
    message: `${name} of an audit log is ${printable(value, 80)}. Give a number over 0.`,
  });
}
