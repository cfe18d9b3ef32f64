import { builtinModules } from 'node:module';
import { resolveImport, type SourceModule } from './modules.ts';

/** Who may import whom, besides files of the same folder: the table of the architecture, as data. */
interface Layer {
  /** A folder, or one file. */
  readonly of: string;
  /** Folders of ours. */
  readonly mayImport: readonly string[];
  /** Whether it reaches us as users do, by the package's name, rather than by path. */
  readonly byName?: true;
}

const core = ['src/core'];
const parts = ['src/core', 'src/resilience', 'src/hooks', 'src/config', 'src/discovery'];
const everything = [
  ...parts,
  'src/email',
  'src/manager',
  'src/builder',
  'transports',
  'security',
  'observability',
];

const layers: readonly Layer[] = [
  { of: 'src/core', mayImport: [] },
  { of: 'src/resilience', mayImport: core },
  { of: 'src/hooks', mayImport: core },
  { of: 'src/config', mayImport: core },
  { of: 'src/discovery', mayImport: core },
  { of: 'src/email', mayImport: ['src/core', 'src/hooks'] },
  { of: 'transports', mayImport: core },
  { of: 'security', mayImport: core },
  { of: 'observability', mayImport: core },
  { of: 'src/manager', mayImport: parts },
  { of: 'src/builder', mayImport: everything },
  { of: 'src/index.ts', mayImport: everything },
  { of: 'cli', mayImport: [], byName: true },
  { of: 'bench', mayImport: [], byName: true },
  { of: 'examples', mayImport: [], byName: true },
];

/** What ships: every file of it obeys the house rules. */
export const shippedFolders = ['src', 'transports', 'security', 'observability', 'cli'];
/** What the table speaks about. */
export const layeredFolders = [...shippedFolders, 'bench', 'examples'];

const itself = 'plugboard';

/** One sentence for each import that the table forbids, and for each file it does not know. */
export function violations(modules: readonly SourceModule[], dependencies: readonly string[]): string[] {
  return modules.flatMap((module) => {
    const layer = layerOf(module.path);
    if (layer === undefined) return [`${module.path} is in no folder that the table of layers names`];
    return module.imports
      .filter((name) => !isAllowed(layer, module.path, name, dependencies))
      .map((name) => `${module.path} imports ${name}; ${layer.of} may import ${describe(layer)}`);
  });
}

function layerOf(path: string): Layer | undefined {
  return layers.find(({ of }) => isIn(of, path));
}

function isAllowed(layer: Layer, path: string, name: string, dependencies: readonly string[]): boolean {
  const file = resolveImport(path, name);
  if (file !== undefined) return isIn(layer.of, file) || layer.mayImport.some((folder) => isIn(folder, file));
  if (packageOf(name) === itself) return layer.byName === true;
  if (name.startsWith('node:'))
    return builtinModules.includes(name.slice('node:'.length)) || name === 'node:test';
  return layer.of === 'bench' || layer.of === 'examples' || dependencies.includes(packageOf(name));
}

function isIn(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function packageOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}

function describe(layer: Layer): string {
  const own = layer.byName ? 'the package by its name' : layer.mayImport.join(', ') || 'nothing of ours';
  return `${own}, besides its own files, node: modules and declared dependencies`;
}
