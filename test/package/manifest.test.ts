import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const doors = Object.entries(manifest.exports);

describe('the package', () => {
  it.each(doors)('has the files of %s', (_door, target) => {
    const files = typeof target === 'string' ? [target] : [target.types, target.default];
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it.each(doors.filter(([door]) => !/\.(json|proto)$/.test(door)))('can be imported as %s', async (door) => {
    const exported = (await import(door.replace('.', 'plugboard'))) as object;
    expect(Object.keys(exported)).not.toEqual([]);
  });

  it('runs no script when it is installed', () => {
    const atInstall = ['preinstall', 'install', 'postinstall', 'prepare'];
    expect(Object.keys(manifest.scripts).filter((name) => atInstall.includes(name))).toEqual([]);
  });

  it('brings its users eight small packages; all of them together bring one more, readdirp', () => {
    const names = [
      '@standard-schema/spec',
      'chokidar',
      'commander',
      'opossum',
      'semver',
      'smol-toml',
      'yaml',
      'zod',
    ];
    expect(Object.keys(manifest.dependencies).toSorted()).toEqual(names);
  });

  it('names in its declarations no package whose types its users need not have', () => {
    const declarations = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.d.ts'))
      .flatMap((path) => [...read(join('dist', path)).matchAll(/(?:from |import\()['"]([^.'"][^'"]*)['"]/g)])
      .map(([, name]) => name ?? '');
    const typesApart = Object.keys(manifest.devDependencies)
      .filter((name) => name.startsWith('@types/') && name !== '@types/node')
      .map((name) => name.replace('@types/', ''));
    expect(typesApart).toContain('opossum');
    expect(declarations.filter((name) => typesApart.includes(name))).toEqual([]);
  });

  it('names in its declarations no package whose types its users need not have', () => {
    const declarations = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.d.ts'))
      .flatMap((path) => [...read(join('dist', path)).matchAll(/(?:from |import\()['"]([^.'"][^'"]*)['"]/g)])
      .map(([, name]) => name ?? '');
    const typesApart = Object.keys(manifest.devDependencies)
      .filter((name) => name.startsWith('@types/') && name !== '@types/node')
      .map((name) => name.replace('@types/', ''));
    expect(typesApart).toContain('opossum');
    expect(declarations.filter((name) => typesApart.includes(name))).toEqual([]);
  });

  it('locks its dependencies by name, version and hash, whichever registry they come from', () => {
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });
});
