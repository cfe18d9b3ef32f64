import type * as z from 'zod';

import { fileName, unitOf } from './field-names.ts';
import { wanted } from './schema-walk.ts';
import { formatDuration, formatSize } from '../core/units.ts';

/** Data in the words of files: keys as documents have them, times and sizes with their units. */
export function spellForFile(schema: z.core.$ZodType, value: unknown, field: string): unknown {
  const want = wanted(schema);
  if (typeof value === 'number') return withUnit(value, field);
  if (Array.isArray(value)) {
    return want.kind === 'list' ? value.map((item) => spellForFile(want.item, item, '')) : value;
  }
  if (want.kind === 'record' && typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([key, part]) => [key, spellForFile(want.value, part, '')]);
    return Object.fromEntries(parts);
  }
  if (want.kind !== 'object' || typeof value !== 'object' || value === null) return value;
  const given = Object.entries(value).filter(([, part]) => part !== undefined);
  const entries = given.map(([key, part]: [string, unknown]) => {
    const schemaOf = want.shape[key];
    return [fileName(key), schemaOf === undefined ? part : spellForFile(schemaOf, part, key)];
  });
  return Object.fromEntries(entries);
}

function withUnit(value: number, field: string): string | number {
  const unit = unitOf(field);
  if (unit === undefined) return value;
  return unit === 'duration' ? formatDuration(value) : formatSize(value);
}
