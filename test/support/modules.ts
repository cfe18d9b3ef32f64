import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';

/** A source file: its path from the root, its text, and what it imports, as written. */
export interface SourceModule {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

/** Every TypeScript file of some folders, with forward slashes; folders that do not exist have none. */
export function readModules(root: string, folders: readonly string[]): SourceModule[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        posixPath(folder, name),
      ),
    )
    .filter((path) => path.endsWith('.ts') && !path.includes('node_modules/'))
    .toSorted()
    .map((path) => readModule(path, readFileSync(join(root, path), 'utf8')));
}

/** The module that a text is. */
export function readModule(path: string, text: string): SourceModule {
  const { module, program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`);
  const fromExports = module.staticExports.flatMap((statement) =>
    statement.entries.map((entry) => entry.moduleRequest?.value),
  );
  const imports = [
    ...module.staticImports.map((statement) => statement.moduleRequest.value),
    ...fromExports,
    ...importCalls(program),
  ];
  return { path, text, imports: [...new Set(imports.filter((name) => name !== undefined))] };
}

/** The file that a relative import means, or `undefined` if it names a package. */
export function resolveImport(from: string, name: string): string | undefined {
  return name.startsWith('.') ? posix.join(posix.dirname(from), name) : undefined;
}

function posixPath(folder: string, name: string): string {
  return posix.join(folder, name.replaceAll('\\', '/'));
}

/** `import('x')` as an expression and as a type, which the parser's list of statements leaves out. */
function importCalls(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { type, source } = node as { type?: unknown; source?: { value?: unknown } };
  const isImport = type === 'ImportExpression' || type === 'TSImportType';
  const own = isImport && typeof source?.value === 'string' ? [source.value] : [];
  return [...own, ...Object.values(node).flatMap(importCalls)];
}
