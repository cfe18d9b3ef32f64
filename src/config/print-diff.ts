import { inspect } from 'node:util';

import { printable } from '../core/printable.ts';
import { isStructural, type ConfigDiff, type FieldChange } from './diff.ts';

/** A plan for people: `+` starts, `-` is drained and stopped, `~` is replaced or, where it says so, changed in place. */
export function printDiff(diff: ConfigDiff): string {
  const lines = [
    ...diff.added.map((name) => `+ ${name}`),
    ...diff.removed.map((name) => `- ${name}`),
    ...diff.changed.flatMap(({ name, fields, structural }) => [
      `~ ${name} (${structural ? 'new instance' : 'in place'})`,
      ...fields.map((field) => `    ${fieldLine(field)}${isStructural(field.path) ? ' (new instance)' : ''}`),
    ]),
    ...(diff.host.length > 0 ? ['~ the host', ...diff.host.map((field) => `    ${fieldLine(field)}`)] : []),
  ];
  const { added, removed, changed, unchanged } = diff;
  const counts = `${added.length} to start, ${changed.length} to change, ${removed.length} to stop, ${unchanged.length} as before`;
  return [...lines, counts].map((line) => printable(line, 1000)).join('\n');
}

function fieldLine({ path, before, after }: FieldChange): string {
  return `${path}: ${shown(before)} -> ${shown(after)}`;
}

function shown(value: unknown): string {
  return value === undefined
    ? 'none'
    : inspect(value, { depth: 4, breakLength: Infinity, maxStringLength: 200 });
}
