import type * as z from 'zod';

import { PluginError } from '../src/core/errors.ts';
import { printable } from '../src/core/printable.ts';

/**
 * The options of a source as its schema has them, defaults filled in.
 * @throws {PluginError} `CONFIG_1703` naming every option that makes no sense; `of` is the call that they were given to.
 */
export function checkOptions<T>(schema: z.ZodType<T>, options: unknown, of: string): T {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) =>
    printable(`${path.join('.') || 'options'}: ${message}`, 200),
  );
  throw new PluginError('CONFIG_1703', {
    message: `the options of ${printable(of, 100)} are wrong: ${problems.join('; ')}.`,
  });
}
