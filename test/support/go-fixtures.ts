import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The versions of go-plugin that the fixtures are built against, and the module file of each. */
export const goPluginVersions = { '1.8.0': 'go.mod', '1.4.8': 'go.14.mod' } as const;

export type GoPluginVersion = keyof typeof goPluginVersions;

/** Programs of test/fixtures/go, and the host and the plugin of go-plugin's own example. */
export interface GoPrograms {
  readonly host: string;
  readonly plugin: string;
  /** Holds the vectors of test/conformance against go-plugin; of 1.8.0 only. */
  readonly vectors: string;
  readonly exampleHost: string;
  readonly examplePlugin: string;
}

/** A first build fetches the modules and compiles Go's standard library too. */
export const goBuildTimeoutMs = 300_000;

const run = promisify(execFile);
const sources = fileURLToPath(new URL('../fixtures/go', import.meta.url));
const cache = fileURLToPath(new URL('../../.build/go', import.meta.url));
const example = 'github.com/hashicorp/go-plugin/examples/grpc';

/** Builds the programs once for all tests; a change of a source builds them anew. */
export async function goPrograms(version: GoPluginVersion): Promise<GoPrograms> {
  const folder = join(cache, `${version}-${await digestOfSources()}`);
  if (!existsSync(folder)) await build(version, folder);
  const program = (name: string): string => join(folder, name);
  return {
    host: program('host'),
    plugin: program('plugin'),
    vectors: program('vectors'),
    exampleHost: program('grpc'),
    examplePlugin: program('plugin-go-grpc'),
  };
}

/** Another process may build the same at the same time: whoever is first gives it its name. */
async function build(version: GoPluginVersion, folder: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const apart = await mkdtemp(join(cache, 'build-'));
  try {
    const own = version === '1.8.0' ? ['./host', './plugin', './vectors'] : ['./host', './plugin'];
    const packages = [...own, example, `${example}/plugin-go-grpc`];
    const args = ['build', `-modfile=${goPluginVersions[version]}`, '-o', `${apart}/`, ...packages];
    await run('go', args, { cwd: sources });
    await rename(apart, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(apart, { recursive: true, force: true });
  }
}

async function digestOfSources(): Promise<string> {
  const digest = createHash('sha256');
  for (const name of (await readdir(sources, { recursive: true })).toSorted()) {
    if (/\.(go|mod|sum)$/.test(name)) digest.update(await readFile(join(sources, name)));
  }
  return digest.digest('hex').slice(0, 16);
}
