import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What the compiler did for a program. */
interface Work {
  readonly instantiations: number;
  readonly errors: readonly string[];
}

/** A host with so many plugins of its own contract, chained, which calls the last one. */
function hostWith(count: number): string {
  const chain = Array.from({ length: count }, (_, at) => `\n  .withPlugin('plugin-${at}', source)`).join('');
  return `
import { Production } from 'plugboard';
import { subprocess } from 'plugboard/transports';
const source = subprocess('./plugin');
const manager = await Production<{ user: string }, { accept: boolean }>()${chain}
  .build();
export const accept: boolean = (await manager.execute('plugin-${count - 1}', { user: 'ada' })).accept;
// @ts-expect-error no plugin has this name
void manager.execute('plugin-${count}', { user: 'ada' });
`;
}

let folder: string;

beforeAll(async () => {
  await mkdir(root('.build'), { recursive: true });
  folder = await mkdtemp(root('.build/many-'));
  const compilerOptions = { noEmit: true, rootDir: '../..' };
  const settings = { extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
});

afterAll(() => rm(folder, { recursive: true }));

async function compile(program: string): Promise<Work> {
  await writeFile(join(folder, 'host.ts'), program);
  const tsc = root('node_modules/typescript/bin/tsc');
  const args = [tsc, '--project', folder, '--pretty', 'false', '--extendedDiagnostics'];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch(
    (error: unknown) => error as { stdout: string },
  );
  return {
    instantiations: Number(/^Instantiations:\s+(\d+)/m.exec(stdout)?.[1]),
    errors: stdout.split('\n').filter((line) => line.includes(': error TS')),
  };
}

describe('a builder with 200 plugins', () => {
  it('compiles, at a price that grows with the plugins and not with their square', async () => {
    const [few, many, most] = [
      await compile(hostWith(100)),
      await compile(hostWith(200)),
      await compile(hostWith(300)),
    ];
    expect([...few.errors, ...many.errors, ...most.errors]).toEqual([]);
    const none = await compile(
      `import { Production } from 'plugboard';\nvoid Production<string, string>();\n`,
    );
    const firstHundred = few.instantiations - none.instantiations;
    const secondHundred = many.instantiations - few.instantiations;
    // The compiler's own count, the same on every machine: the first hundred pays for what is there once.
    expect(secondHundred / firstHundred).toBeCloseTo(1, 1);
    expect(most.instantiations - many.instantiations).toBe(secondHundred);
    // 75 for each when this was written
    expect(secondHundred / 100).toBeLessThan(150);
  });

  it('would show a name that is used twice among them', async () => {
    const twice = hostWith(200).replace("'plugin-150'", "'plugin-50'");
    const { errors } = await compile(twice);
    expect(errors[0]).toContain(
      `'"plugin-50"' is not assignable to parameter of type '"plugin 'plugin-50' is already registered"'`,
    );
  });
});
