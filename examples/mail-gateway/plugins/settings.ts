import { z } from 'zod';

const perUnit: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/** An amount of bytes: a number, or text such as `50MB` (10⁶ bytes each). */
export const size = z.union([
  z.int().min(0),
  z
    .string()
    .regex(/^\d{1,9} ?[kMG]?B$/, 'must be an amount of bytes such as 50MB')
    .transform((text) => parseInt(text, 10) * (perUnit[/[kMG]/.exec(text)?.[0] ?? ''] ?? 1)),
]);

/**
 * What a plugin's `config` says; without one, its defaults.
 * @throws {Error} that names each mistake.
 */
export function read<T>(schema: z.ZodType<T>, config: unknown): T {
  const result = schema.safeParse(config ?? {});
  if (result.success) return result.data;
  throw new Error(`the plugin's config is wrong. ${z.prettifyError(result.error)}`);
}
