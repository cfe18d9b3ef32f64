import { open } from 'node:fs/promises';

import type { ServiceCaller } from '../core/plugin.ts';

/** Some bytes of a message. */
export interface MessageRange {
  /** `MessageRef.id` */
  readonly id: string;
  /** From which byte on. */
  readonly offset: number;
  /** How many at most; a host gives at most 1 MiB at once. */
  readonly length: number;
}

/** The host service through which plugins read messages whose file they cannot reach. */
export interface MessageServices {
  /** The bytes, fewer than asked for at the end of the message. */
  'message.read': (range: MessageRange, caller: ServiceCaller) => Promise<Uint8Array>;
}

/** The most that `message.read` gives at once, in bytes. */
export const maxRangeBytes: number = 1024 * 1024;

/**
 * For a host: `builder.withServices(messageServices(fileOf))`, and `{ services: ['message.read'] }` for the plugins
 * that may. `fileOf` knows the file of a message by its id, and is asked who wants it; undefined refuses.
 */
export function messageServices(
  fileOf: (id: string, caller: ServiceCaller) => string | undefined,
): MessageServices {
  return {
    'message.read': async (range, caller) => {
      if (!isRange(range)) throw new RangeError('Give { id, offset, length } with whole numbers from 0.');
      const file = fileOf(range.id, caller);
      if (file === undefined)
        throw new RangeError('There is no such message now. Read it while the hook runs.');
      return await bytesOf(file, range);
    },
  };
}

async function bytesOf(path: string, { offset, length }: MessageRange): Promise<Uint8Array> {
  await using file = await open(path, 'r');
  // Of its own, not from a pool: it may travel to a worker.
  const bytes = new Uint8Array(Math.min(length, maxRangeBytes));
  const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
  return bytes.slice(0, bytesRead);
}

/** What a plugin asks for may be anything. */
function isRange({ id, offset, length }: MessageRange): boolean {
  return typeof id === 'string' && isWhole(offset) && isWhole(length);
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
