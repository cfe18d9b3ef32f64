import * as z from 'zod';

import { pathFault, relativePathFault } from '../paths/safe-path.ts';

const pluginName = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$/, 'is no plugin name')
  .refine((name) => !name.includes('..'), 'is no plugin name');

const sha256 = z
  .string("must be text: 'sha256:' and 64 hex digits")
  .transform((text) => text.replace(/^sha256:/i, '').toLowerCase())
  .refine((hex) => /^[0-9a-f]{64}$/.test(hex), "must be 'sha256:' and 64 hex digits");

const algorithm = z.string().regex(/^sha-?256$/i, "must be 'sha256', the only one there is");

const path = z.string().superRefine((text, context) => {
  const fault = pathFault(text);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `${fault}; write a plain path` });
});

const relativePath = z.string().superRefine((text, context) => {
  const fault = relativePathFault(text);
  if (fault !== undefined)
    context.addIssue({ code: 'custom', message: `${fault}; write a plain relative path` });
});

const sizeBytes = z.int().positive();
const words = z.array(z.string().min(1).max(1024));
const text = z.string().max(4096);
const moment = z.union([text, z.date()]);

const entryFields = {
  enabled: z.boolean().default(true),
  type: z.string().min(1).max(64).optional(),
  path: path.optional(),
  hash: sha256.optional(),
  algorithm: algorithm.optional(),
  files: z.record(z.string(), sha256).optional(),
  entry: relativePath.optional(),
  interpreter: z
    .union([
      path.transform((only) => ({ path: only, hash: undefined, args: [] as string[] })),
      z.strictObject({ path: path.optional(), hash: sha256.optional(), args: words.default([]) }),
    ])
    .optional(),
  maxFileSizeBytes: sizeBytes.optional(),
  allowedEndpoints: words.default([]),
  certificateSha256: z.union([sha256.transform((one) => [one]), z.array(sha256)]).default([]),
  version: text.optional(),
  description: text.optional(),
  metadata: z.record(z.string(), z.unknown()).default({}),
  addedAt: moment.optional(),
  updatedAt: moment.optional(),
};

const listed = z.strictObject({ name: pluginName, ...entryFields });
const keyed = z.strictObject({ name: pluginName.optional(), ...entryFields });

const header = {
  version: z.union([text, z.number().transform(String)]).optional(),
  updatedAt: moment.optional(),
  description: text.optional(),
  /** The host says how strictly it judges, not the file; go-plugins' files have it. */
  defaultPolicy: z.union([z.number(), text]).optional(),
  algorithm: algorithm.optional(),
  constraints: z
    .strictObject({
      maxFileSizeBytes: sizeBytes.optional(),
      allowedTypes: words.optional(),
      forbiddenPaths: z.array(path).default([]),
    })
    .optional(),
};

/** An entry as a file has it; in the map form its name may stand in its key alone. */
export interface EntryText {
  readonly name?: string | undefined;
  readonly enabled: boolean;
  readonly type?: string | undefined;
  readonly path?: string | undefined;
  readonly hash?: string | undefined;
  readonly files?: Readonly<Record<string, string>> | undefined;
  readonly entry?: string | undefined;
  readonly interpreter?: InterpreterText | undefined;
  readonly maxFileSizeBytes?: number | undefined;
  readonly allowedEndpoints: readonly string[];
  readonly certificateSha256: readonly string[];
  readonly version?: string | undefined;
  readonly description?: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The program that runs an entry's script, as a file has it. */
export interface InterpreterText {
  readonly path?: string | undefined;
  readonly hash?: string | undefined;
  readonly args: readonly string[];
}

/** What a file says of all entries. */
export interface HeaderText {
  readonly version?: string | undefined;
  readonly constraints?:
    | {
        readonly maxFileSizeBytes?: number | undefined;
        readonly allowedTypes?: readonly string[] | undefined;
        readonly forbiddenPaths: readonly string[];
      }
    | undefined;
}

/** A whitelist whose plugins are a list. */
export const listForm: z.ZodType<HeaderText & { readonly plugins: readonly EntryText[] }> = z.strictObject({
  ...header,
  plugins: z.array(listed),
});

/** A whitelist whose plugins stand under their names, as in go-plugins. */
export const mapForm: z.ZodType<HeaderText & { readonly plugins: Readonly<Record<string, EntryText>> }> =
  z.strictObject({ ...header, plugins: z.record(pluginName, keyed) });

/** go-plugins' spellings of the keys. */
export const otherSpellings: ReadonlyMap<string, string> = new Map([
  ['file_path', 'path'],
  ['max_file_size', 'maxFileSizeBytes'],
  ['allowed_endpoints', 'allowedEndpoints'],
  ['added_at', 'addedAt'],
  ['updated_at', 'updatedAt'],
  ['default_policy', 'defaultPolicy'],
  ['hash_algorithm', 'algorithm'],
  ['global_constraints', 'constraints'],
  ['allowed_types', 'allowedTypes'],
  ['forbidden_paths', 'forbiddenPaths'],
]);
