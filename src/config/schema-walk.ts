import * as z from 'zod';

/** What a schema asks for beneath its defaults, checks and transforms, as far as a file's reader must know. */
export type Wanted =
  | { readonly kind: 'object'; readonly shape: Readonly<Record<string, z.core.$ZodType>> }
  | { readonly kind: 'list'; readonly item: z.core.$ZodType }
  | { readonly kind: 'record'; readonly value: z.core.$ZodType }
  | { readonly kind: 'number' | 'boolean' | 'other' };

/** Looks through what surrounds a schema. */
export function wanted(schema: z.core.$ZodType): Wanted {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return wanted(schema.unwrap());
  // `preprocess` is a transform before its schema, `transform` one after.
  if (schema instanceof z.ZodPipe)
    return wanted(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  if (schema instanceof z.ZodObject) return { kind: 'object', shape: schema.shape };
  if (schema instanceof z.ZodArray) return { kind: 'list', item: schema.element };
  if (schema instanceof z.ZodRecord) return { kind: 'record', value: schema.valueType };
  if (schema instanceof z.ZodNumber) return { kind: 'number' };
  return { kind: schema instanceof z.ZodBoolean ? 'boolean' : 'other' };
}
