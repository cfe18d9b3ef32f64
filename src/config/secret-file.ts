import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Keys and tokens are shorter; a file that is longer is another than was meant. */
const maxSecretBytes = 65_536;

/** What a secret file holds, without the line end that editors add; or why it cannot be read. Never waits for a pipe. */
export function readSecretFile(path: string): { readonly value: string } | { readonly refused: string } {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    if (!fstatSync(descriptor).isFile()) return { refused: 'is no regular file' };
    const buffer = Buffer.alloc(maxSecretBytes + 1);
    const length = readSync(descriptor, buffer);
    if (length > maxSecretBytes) return { refused: `has more than ${maxSecretBytes} bytes` };
    const text = new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
    const value = text.replace(/\r?\n$/, '');
    if (value === '') return { refused: 'is empty' };
    return value.includes('\0') ? { refused: 'holds a NUL character' } : { value };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return {
      refused: code === 'ENOENT' ? 'does not exist' : `cannot be read (${code || 'no text in UTF-8'})`,
    };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
