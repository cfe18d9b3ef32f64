import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as ours from 'plugboard';
import { inProcess } from 'plugboard/transports';

type Package = typeof ours;

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let folder: string;
let theirs: Package;

beforeAll(async () => {
  // inside the package, so that its dependencies are found; under node_modules, so that Node loads it, not vitest
  await mkdir(root('.build'), { recursive: true });
  folder = await mkdtemp(root('.build/copy-'));
  const copy = join(folder, 'node_modules/plugboard');
  await cp(root('dist'), join(copy, 'dist'), { recursive: true });
  await cp(root('package.json'), join(copy, 'package.json'));
  theirs = (await import(pathToFileURL(join(copy, 'dist/src/index.js')).href)) as Package;
});

afterAll(() => rm(folder, { recursive: true }));

describe('two copies of the package in one process', () => {
  it('are really two', () => {
    expect(theirs.PluginError).not.toBe(ours.PluginError);
  });

  it("know each other's errors", () => {
    const error: unknown = new theirs.PluginError('USER_LOCKED', { message: 'locked' });
    expect(ours.isPluginError(error)).toBe(true);
    expect(error instanceof ours.PluginError).toBe(true);
    const back: unknown = new ours.PluginError('USER_LOCKED', { message: 'locked' });
    expect(theirs.isPluginError(back) && back instanceof theirs.PluginError).toBe(true);
  });

  it("keep the code of an error that the other copy's plugin threw", async () => {
    const plugin = theirs.definePlugin({
      name: 'lock',
      version: '1.0.0',
      execute: (): never => {
        throw new theirs.PluginError('USER_LOCKED', { message: 'locked', retryAfterMs: 5 });
      },
    });
    const manager = await ours.Simple<unknown, unknown>().withPlugin('lock', inProcess(plugin)).build();
    const answer = manager.execute('lock', {});
    await expect(answer).rejects.toMatchObject({ code: 'USER_LOCKED', plugin: 'lock', retryAfterMs: 5 });
    await manager.shutdown();
  });
});
