import type * as z from 'zod';

/** A schema of exactly this type, both of what goes in and of what comes out: nothing is turned into something else. */
export type Of<T> = z.ZodType<T, T>;

/** A schema for each field of an interface; `satisfies Shape<T>` refuses one too few, one too many and a wrong one. */
export type Shape<T> = { readonly [K in keyof T]-?: Of<T[K]> };
