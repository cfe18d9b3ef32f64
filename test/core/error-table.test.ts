import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';
import { describeCode, errorNames } from 'plugboard';
import { shippedFolders } from '../support/layers.ts';
import { readModules } from '../support/modules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Row {
  readonly code: string;
  readonly name: string;
  readonly when: string;
  readonly retryable: string;
  readonly cure: string;
}

const page = readFileSync(`${root}/docs/errors.md`, 'utf8');
const [inUse = [], reserved = []] = page.split('\n## Reserved\n').map(rowsOf);
const rows = [...inUse, ...reserved];

/** The rows of the tables whose first cell is a code in full. */
function rowsOf(text: string): Row[] {
  return [...text.matchAll(/^\| `([A-Z]+_\d{4})` \| (\w+) \| (.*?) \| (\w+) \| (.*?) ?\|$/gm)].map(
    ([, code = '', name = '', when = '', retryable = '', cure = '']) => ({
      code,
      name,
      when,
      retryable,
      cure,
    }),
  );
}

/** The codes that the shipped sources hand to a function or give back; those they only compare or list do not count. */
function raisedCodes(): Set<string> {
  const modules = readModules(root, shippedFolders);
  return new Set(modules.flatMap(({ path, text }) => codesMade(parseSync(path, text).program)));
}

const makers = ['CallExpression', 'NewExpression', 'ReturnStatement', 'ConditionalExpression'];

function codesMade(node: unknown, parent = ''): string[] {
  if (typeof node !== 'object' || node === null) return [];
  if (Array.isArray(node)) return node.flatMap((item) => codesMade(item, parent));
  const { type = '', value } = node as { type?: string; value?: unknown };
  const isCode = type === 'Literal' && typeof value === 'string' && Object.hasOwn(errorNames, value);
  if (isCode && makers.includes(parent)) return [value];
  return Object.values(node).flatMap((inner) => codesMade(inner, type));
}

describe('docs/errors.md', () => {
  it('has a row for every code of the library, and one only', () => {
    expect(rows.map(({ code }) => code).toSorted()).toEqual(Object.keys(errorNames).toSorted());
  });

  it.each(rows)('tells the truth about $code', ({ code, name, retryable }) => {
    const entry = describeCode(code);
    expect({ name, retryable }).toEqual({ name: entry.name, retryable: entry.retryable ? 'yes' : 'no' });
  });

  it('says of every code that can come when it does and what to do then', () => {
    expect(inUse.filter(({ when, cure }) => when === '' || cure === '')).toEqual([]);
  });

  it('keeps those that are raised apart from those that are only reserved', () => {
    expect(inUse.map(({ code }) => code).toSorted()).toEqual([...raisedCodes()].toSorted());
  });
});
