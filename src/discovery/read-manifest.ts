import type * as z from 'zod';

import { checkText } from '../core/check-given.ts';
import { messageOf, PluginError } from '../core/errors.ts';
import { checkPluginName } from '../core/names.ts';
import { nearest } from '../core/nearest.ts';
import { printable } from '../core/printable.ts';
import type { Manifest } from './manifest.ts';
import { fieldName, knownFields, manifestSchema } from './manifest-schema.ts';

/** The largest manifest, in bytes: a long one has a few kilobytes, and anyone may write one. */
export const maxManifestBytes = 262_144;
const maxDepth = 64;

/** A manifest, and keys in it that mean nothing here. */
export interface ReadManifest {
  readonly manifest: Manifest;
  readonly warnings: readonly string[];
}

/**
 * Reads the text of a `plugin.json`: JSON alone, because others write it.
 * @throws {PluginError} `REGISTRY_1906` naming everything that is wrong with it.
 */
export function readManifest(text: string): ReadManifest {
  const given = parsed(checkText(text, 'the text of a manifest', 'Give JSON.'));
  const result = manifestSchema.safeParse(given, { reportInput: true });
  if (!result.success) throw refused(result.error.issues.map(problem));
  const manifest = result.data;
  const missing = missingFields(manifest);
  if (missing.length > 0) throw refused(missing);
  return { manifest, warnings: unknownKeys(given) };
}

function parsed(text: string): unknown {
  if (Buffer.byteLength(text) > maxManifestBytes)
    throw refused([`it has more than ${maxManifestBytes} bytes`]);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw refused([`it is not valid JSON: ${messageOf(error)}`]);
  }
  if (isTooDeep(value)) throw refused([`it is nested more than ${maxDepth} deep`]);
  return value;
}

/** Level by level, because depth is what recursion cannot stand. */
function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= maxDepth; depth++) {
    level = level.flatMap((item) => (isObject(item) ? Object.values(item) : []));
    if (level.length === 0) return false;
  }
  return true;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function missingFields(manifest: Manifest): string[] {
  const problems: string[] = [];
  try {
    checkPluginName(manifest.name);
  } catch (error) {
    problems.push(messageOf(error));
  }
  const { transport, command, file, endpoint } = manifest;
  if (transport?.startsWith('grpc') === true && !endpoint)
    problems.push(`transport ${transport} needs an endpoint`);
  if (transport === 'worker' && !file) problems.push('transport worker needs a file');
  if ((transport === 'subprocess' || transport === 'go-plugin') && !command && !endpoint) {
    problems.push(`transport ${transport} needs a command`);
  }
  return problems;
}

function problem(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'invalid_type' && issue.input === undefined) return `it has no ${path}`;
  return `${path}: ${issue.message}`;
}

function unknownKeys(given: unknown): string[] {
  if (!isObject(given)) return [];
  const unknown = Object.keys(given).filter((key) => !knownFields.has(fieldName(key)));
  return unknown.map((key) => {
    const meant = nearest(key, knownFields);
    return printable(`unknown key '${key}'${meant === undefined ? '' : `; did you mean '${meant}'?`}`, 200);
  });
}

function refused(problems: readonly string[]): PluginError {
  const list = problems.map((text) => printable(text, 300)).join('; ');
  return new PluginError('REGISTRY_1906', {
    message: `the manifest is wrong: ${list}. Mend its plugin.json; the plugin is passed over until then.`,
    context: { problems },
  });
}
