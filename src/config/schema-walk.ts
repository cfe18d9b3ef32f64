import type * as z from 'zod';

/** What a schema asks for beneath its defaults, checks and transforms, as far as a file's reader must know. */
export type Wanted =
  | { readonly kind: 'object'; readonly shape: Readonly<Record<string, z.core.$ZodType>> }
  | { readonly kind: 'list'; readonly item: z.core.$ZodType }
  | { readonly kind: 'record'; readonly value: z.core.$ZodType }
  | { readonly kind: 'number' | 'boolean' | 'other' };

/** Looks through what surrounds a schema. */
export function wanted(schema: z.core.$ZodType): Wanted {
  const def = defOf(schema);
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
      return wanted(def.innerType);
    case 'pipe':
      // `preprocess` is a transform before its schema, `transform` one after.
      return wanted(isTransform(def.in) ? def.out : def.in);
    case 'object':
      return { kind: 'object', shape: def.shape };
    case 'array':
      return { kind: 'list', item: def.element };
    case 'record':
      return { kind: 'record', value: def.valueType };
    case 'number':
    case 'boolean':
      return { kind: def.type };
    default:
      return { kind: 'other' };
  }
}

function isTransform(schema: z.core.$ZodType): boolean {
  return defOf(schema).type === 'transform';
}

/** zod's own way to look into a schema, for libraries; its name begins so. */
function defOf(schema: z.core.$ZodType): z.core.$ZodTypes['_zod']['def'] {
  // oxlint-disable-next-line no-underscore-dangle
  return (schema as z.core.$ZodTypes)._zod.def;
}
