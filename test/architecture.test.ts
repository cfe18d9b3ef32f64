import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importCycles } from './support/cycles.ts';
import { layeredFolders, shippedFolders, violations } from './support/layers.ts';
import { readModule, readModules } from './support/modules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const maxLines = 300;

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
  string,
  object | undefined
>;
const dependencies = Object.keys({ ...manifest['dependencies'], ...manifest['peerDependencies'] });
const modules = readModules(root, layeredFolders);
const shipped = readModules(root, shippedFolders);

describe('the source tree', () => {
  it('imports only what the table of layers allows', () => {
    expect(violations(modules, dependencies)).toEqual([]);
  });

  it('has no circle of imports', () => {
    expect(importCycles(modules).map((cycle) => cycle.join(' -> '))).toEqual([]);
  });

  it(`has no shipped file over ${maxLines} lines`, () => {
    const long = shipped.filter(({ text }) => text.split('\n').length - 1 > maxLines).map(({ path }) => path);
    expect(long).toEqual([]);
  });
});

describe('the check itself', () => {
  const breaches = (path: string, text: string): string[] =>
    violations([readModule(path, text)], ['@standard-schema/spec']);

  it.each([
    ['src/core/a.ts', `import { b } from '../manager/b.ts';`],
    ['src/resilience/a.ts', `export { b } from '../hooks/b.ts';`],
    ['src/resilience/a.ts', `export * from '../hooks/b.ts';`],
    ['src/hooks/a.ts', `export * as hooks from '../config/b.ts';`],
    ['transports/wire/a.ts', `import type { B } from '../../src/builder/b.ts';`],
    ['transports/a.ts', `import '../security/b.ts';`],
    ['security/a.ts', `const b = await import('../observability/b.ts');`],
    ['observability/a.ts', `export type B = import('../src/manager/b.ts').B;`],
    ['src/manager/a.ts', `import { b } from '../../transports/b.ts';`],
    ['src/email/a.ts', `import { b } from 'plugboard';`],
    ['transports/a.ts', `import { z } from 'zod';`],
    ['transports/a.ts', `import fs from 'fs';`],
    ['examples/a.ts', `import { b } from '../src/core/b.ts';`],
  ])('names the file and the import when %s says %s', (path, text) => {
    const [name] = readModule(path, text).imports;
    expect(breaches(path, text)).toEqual([expect.stringContaining(`${path} imports ${name}`)]);
  });

  it.each([
    ['src/core/a.ts', `import { b } from './b.ts'; // import { c } from '../manager/c.ts'`],
    ['src/manager/a.ts', `import { b } from '../resilience/b.ts'; const text = "import '../builder/b.ts'";`],
    ['src/core/a.ts', `import type { S } from '@standard-schema/spec'; import { join } from 'node:path';`],
    ['examples/mail/a.ts', `import { b } from 'plugboard'; import { c } from 'plugboard/serve';`],
  ])('says nothing when %s says %s', (path, text) => {
    expect(breaches(path, text)).toEqual([]);
  });

  it('refuses a file in a folder that the table does not know', () => {
    expect(breaches('src/utils/a.ts', '')).toEqual([
      'src/utils/a.ts is in no folder that the table of layers names',
    ]);
  });

  it('finds a circle of imports, also one of types alone', () => {
    const circle = [
      readModule('src/a.ts', `import './b.ts';`),
      readModule('src/b.ts', `import type { C } from './c/c.ts';`),
      readModule('src/c/c.ts', `export * from '../b.ts';`),
    ];
    expect(importCycles(circle)).toEqual([['src/b.ts', 'src/c/c.ts', 'src/b.ts']]);
  });
});
