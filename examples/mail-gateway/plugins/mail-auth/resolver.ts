import { resolve } from 'node:dns/promises';
import { z } from 'zod';

/** How mailauth asks the DNS: texts in pieces, addresses and names as they are. */
export type Resolver = (name: string, type: string) => Promise<string[][] | string[]>;

/** Records that are not asked of the DNS: name, type, and the texts or addresses, or the error there is instead. */
export const recordsSchema = z.record(
  z.string(),
  z.record(z.string(), z.union([z.array(z.string()), z.enum(['ENOTFOUND', 'ESERVFAIL'])])),
);

/** Asks the DNS of the system, or a table alone, as tests and hosts without a network do. */
export function resolverOf(records: z.output<typeof recordsSchema> | undefined): Resolver {
  if (records === undefined) return async (name, type) => textsOf(await resolve(name, type));
  return async (name, type) => {
    const found = records[name.toLowerCase()]?.[type] ?? 'ENOTFOUND';
    if (typeof found === 'string')
      throw Object.assign(new Error(`${type} of ${name}: ${found}`), { code: found });
    return type === 'TXT' ? found.map((text) => [text]) : found;
  };
}

/** Records of other types are objects, which no check here asks for. */
const textsSchema = z.union([z.array(z.array(z.string())), z.array(z.string())]);

function textsOf(answer: unknown): string[][] | string[] {
  const { success, data } = textsSchema.safeParse(answer);
  return success ? data : [];
}
