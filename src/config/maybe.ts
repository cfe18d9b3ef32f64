import type * as z from 'zod';

/** A field that may be left out; it is there and undefined then. */
export function maybe<T extends z.ZodType>(
  schema: T,
): z.ZodPipe<z.ZodOptional<T>, z.ZodTransform<z.output<T> | undefined, z.output<z.ZodOptional<T>>>> {
  return schema.optional().transform((value): z.output<T> | undefined => value);
}
