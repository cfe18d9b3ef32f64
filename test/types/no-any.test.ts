import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** Whether `any` stands anywhere in a tree of syntax. */
function saysAny(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return (node as { type?: unknown }).type === 'TSAnyKeyword' || Object.values(node).some(saysAny);
}

const declares = (path: string, text: string): boolean => saysAny(parseSync(path, text).program);

describe('the declarations that ship', () => {
  it('never say any', () => {
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.d.ts'),
    );
    expect(files).not.toEqual([]);
    expect(files.filter((name) => declares(name, readFileSync(join(dist, name), 'utf8')))).toEqual([]);
  });

  it('would be caught if they did', () => {
    expect(
      declares('a.d.ts', 'export declare function f(options: { on?: (event: any) => void }): void;'),
    ).toBe(true);
    expect(declares('a.d.ts', '/** any */ export declare const any: "any";')).toBe(false);
  });
});
