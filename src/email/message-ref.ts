import { isAbsolute } from 'node:path';
import * as z from 'zod';

import { count, id } from './fields.ts';
import type { Of, Shape } from './shape.ts';

/**
 * A message, or a part of one, where it lies: 50 MB are not copied to every plugin. `readMessage` and `openMessage`
 * read it. It can be read until the hook has answered; whoever needs it longer copies it.
 */
export interface MessageRef {
  /** How the host calls it: what `message.read` is asked for. */
  readonly id: string;
  /** In bytes. */
  readonly size: number;
  /** Of all its bytes, in lower-case hexadecimal. */
  readonly sha256?: string | undefined;
  /**
   * The absolute path of a file that holds its bytes and nothing else, readable by the host's user alone. Without it,
   * and where the file cannot be reached (on another machine, as another user), the host service `message.read` gives
   * the bytes.
   */
  readonly file?: string | undefined;
}

/** The schema of `MessageRef`. */
export const messageRef: Of<MessageRef> = z.object({
  id,
  size: count,
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  file: z
    .string()
    .refine((path) => isAbsolute(path), 'must be an absolute path')
    .optional(),
} satisfies Shape<MessageRef>);
