import { inspect } from 'node:util';

import type * as z from 'zod';

import type { ErrorCode } from '../core/error-codes.ts';
import { nearest } from '../core/nearest.ts';
import { isSecretKey, redactText } from '../core/redact.ts';
import type { Finding } from './finding.ts';
import { locate, type Tree } from './tree.ts';

/** What a schema says against a value, at the place where it stands. */
export function findingOf(issue: z.core.$ZodIssue, tree: Tree): Finding {
  const place = locate(tree, issue.path);
  const last = String(issue.path.at(-1) ?? '');
  const { value } = place.kind === 'scalar' ? place : { value: undefined };
  const isHidden = isSecretKey(last) || (place.kind === 'scalar' && place.isSecret === true);
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined;
  const found = isMissing ? '' : `; found ${isHidden ? 'a secret value' : described(place)}`;
  const rule = isMissing ? `has no ${last}; give one` : ruleOf(issue, value);
  return { code: codeOf(issue.path, isMissing), at: place.at, path: place.path, message: rule + found };
}

function described(place: Tree): string {
  if (place.kind === 'map') return 'a map';
  return place.kind === 'list' ? 'a list' : redactText(inspect(place.value, { depth: 0 }), 200);
}

/** The codes that go-plugins has for some fields of a plugin. */
function codeOf(path: readonly PropertyKey[], isMissing: boolean): ErrorCode {
  const [section, , field, part] = path.map(String);
  if (section !== 'plugins') return 'CONFIG_1703';
  if (field === 'name' && isMissing) return 'PLUGIN_1001';
  if (field === 'transport') return 'PLUGIN_1008';
  return field === 'auth' && part === 'method' ? 'AUTH_1105' : 'CONFIG_1703';
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
};

function ruleOf(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return oneOf(issue.values.map(String), value);
    case 'too_small':
      return `must ${bound(issue, issue.inclusive ? 'be at least' : 'be more than', issue.minimum)}`;
    case 'too_big':
      return `must ${bound(issue, issue.inclusive ? 'be at most' : 'be less than', issue.maximum)}`;
    case 'invalid_format':
      return issue.format === 'url'
        ? 'must be a URL such as http://localhost:4318'
        : `must be ${issue.format}`;
    default:
      return issue.message;
  }
}

function bound(issue: { origin: string }, words: string, limit: number | bigint): string {
  const isLength = issue.origin === 'string' || issue.origin === 'array';
  return isLength ? `have a length that is ${words.slice(3)} ${limit}` : `${words} ${limit}`;
}

function oneOf(values: readonly string[], value: unknown): string {
  const meant = typeof value === 'string' ? nearest(value, values) : undefined;
  const list = values.length === 1 ? values.join('') : `one of ${values.join(', ')}`;
  return `must be ${list}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
}
