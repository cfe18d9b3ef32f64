/** Why a file or folder is not to be trusted, as a sentence without its subject. */
export class FileFault extends Error {
  /** `missing`: there is nothing; `unsafe`: others may change it, or it is no plain file; `changed`: it did while it was read. */
  readonly reason: 'missing' | 'unsafe' | 'changed' | 'too-large' | 'unreadable';

  constructor(reason: FileFault['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

/** What an error of the file system says to people. */
export function fileFault(error: unknown, path: string): FileFault {
  if (error instanceof FileFault) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (code === 'ENOENT' || code === 'ENOTDIR') return new FileFault('missing', `${path} is not there`, error);
  if (code === 'ELOOP' || code === 'EMLINK')
    return new FileFault('unsafe', `${path} is a symbolic link; name the file itself`, error);
  return new FileFault('unreadable', `${path} cannot be read (${code})`, error);
}
