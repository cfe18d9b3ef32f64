import { resolveImport, type SourceModule } from './modules.ts';

/** Each circle of imports once, as the files on it in order, the first one repeated at the end. */
export function importCycles(modules: readonly SourceModule[]): string[][] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) cycles.push([...trail.slice(start), path]);
    if (start !== -1 || done.has(path)) return;
    for (const name of byPath.get(path)?.imports ?? []) {
      const next = resolveImport(path, name);
      if (next !== undefined) visit(next, [...trail, path]);
    }
    done.add(path);
  };
  for (const { path } of modules) visit(path, []);
  return cycles;
}
