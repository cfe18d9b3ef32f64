import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from 'plugboard';
import { watchFile, type FileWatchOptions } from '../../src/core/file-watch.ts';
import { readText } from '../../src/core/read-text.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until as waitUntil } from '../support/processes.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A watched file, what was heard of it, and a wait for the next. */
async function watched(path: string, known?: string, more: Partial<FileWatchOptions> = {}) {
  const heard: string[] = [];
  let listener: (what: string) => void = () => {};
  const hear = (what: string): void => {
    heard.push(what);
    listener(what);
  };
  const watch = await watchFile({
    path,
    maxBytes: 1000,
    clock: systemClock,
    known,
    onText: hear,
    onProblem: ({ code }) => hear(code),
    ...more,
  });
  /** Resolves when this was heard last. */
  const until = (what: string): Promise<void> =>
    new Promise((resolve) => {
      listener = (last) => last === what && resolve();
      if (heard.at(-1) === what) resolve();
    });
  return { heard, until, watch, [Symbol.asyncDispose]: () => watch.close() };
}

/** The same where the system tells of no change: what watches the folder went with it. */
async function watchedBlindly() {
  const folder = await tempFolder();
  const inner = join(folder.path, 'conf');
  const path = join(inner, 'app.yaml');
  await mkdir(inner);
  await writeFile(path, 'one');
  const clock = new ManualClock();
  const file = await watched(path, 'one', { clock, intervalMs: 60_000 });
  await rename(inner, join(folder.path, 'old'));
  await mkdir(inner);
  return {
    path,
    clock,
    file,
    look: (): void => {
      clock.advance(60_000);
      clock.advance(1000);
    },
    async [Symbol.asyncDispose]() {
      await file[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('a watched file', () => {
  it('is read anew when it is written, renamed over, removed and restored', async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, 'app.yaml');
    await writeFile(path, 'one');
    await using file = await watched(path, 'one');
    await writeFile(path, 'two');
    await file.until('two');
    await writeFile(`${path}.tmp`, 'three');
    await rename(`${path}.tmp`, path);
    await file.until('three');
    await rm(path);
    await file.until('CONFIG_1701');
    await writeFile(path, 'three');
    await file.until('three');
    expect(file.heard).toEqual(['two', 'three', 'CONFIG_1701', 'three']);
  });

  it('is seen through links that are moved, as Kubernetes moves them', async () => {
    await using folder = await tempFolder();
    const at = (name: string): string => join(folder.path, name);
    for (const version of ['v1', 'v2']) {
      await mkdir(at(version));
      await writeFile(join(at(version), 'app.yaml'), version);
    }
    await symlink('v1', at('..data'));
    await symlink('..data/app.yaml', at('app.yaml'));
    await using file = await watched(at('app.yaml'), 'v1');
    await symlink('v2', at('..data_tmp'));
    await rename(at('..data_tmp'), at('..data'));
    await file.until('v2');
    await writeFile(join(at('v2'), 'app.yaml'), 'v2, edited in place');
    await file.until('v2, edited in place');
    expect(file.heard).toEqual(['v2', 'v2, edited in place']);
  });

  it('that is written a thousand times is read a few times, and the last one wins', async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, 'app.yaml');
    await writeFile(path, 'start');
    await using file = await watched(path, 'start');
    for (let count = 1; count <= 1000; count++) await writeFile(path, `text ${count}`);
    await file.until('text 1000');
    expect(file.heard.length).toBeLessThan(100);
  });

  it('that is empty for a moment is being written; one that stays empty is heard of', async () => {
    await using blind = await watchedBlindly();
    const { path, clock, file, look } = blind;
    await writeFile(path, '');
    look();
    await waitUntil(() => clock.timersMs.some((ms) => ms <= 50)); // it was read, and will be once more
    await writeFile(path, 'two');
    look();
    await file.until('two');
    expect(file.heard).toEqual(['two']);
    await writeFile(path, '');
    look();
    await waitUntil(() => clock.timersMs.some((ms) => ms <= 50));
    look();
    await file.until('');
    expect(file.heard).toEqual(['two', '']);
  });

  it('may be touched without a change, and its neighbours may change: nobody hears of it', async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, 'app.yaml');
    await writeFile(path, 'one');
    await using file = await watched(path, 'one');
    await writeFile(path, 'one');
    await writeFile(join(folder.path, 'other'), 'text');
    await writeFile(path, 'two');
    await file.until('two');
    expect(file.heard).toEqual(['two']);
  });

  it('need not exist when the watch begins', async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, 'app.yaml');
    await using file = await watched(path);
    await file.until('CONFIG_1701');
    await writeFile(path, 'there');
    await file.until('there');
    expect(file.heard).toEqual(['CONFIG_1701', 'there']);
  });

  it('is looked at every now and then where the system tells of no change', async () => {
    await using blind = await watchedBlindly();
    for (const text of ['two', 'three']) {
      await writeFile(blind.path, text);
      blind.look();
      await blind.file.until(text);
    }
    expect(blind.file.heard).toEqual(['two', 'three']);
  });

  it('is heard of no more after the watch was closed', async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, 'app.yaml');
    await writeFile(path, 'one');
    await using file = await watched(path, 'one');
    await file.watch.close();
    await writeFile(path, 'two');
    await using second = await watched(path, 'one');
    await second.until('two');
    expect(file.heard).toEqual([]);
  });
});

describe('a file that cannot be read as text', () => {
  it.each([
    ['that is not there', 'CONFIG_1701', async () => {}],
    ['that is a folder', 'CONFIG_1706', (path: string) => mkdir(path)],
    ['that is too large', 'CONFIG_1706', (path: string) => writeFile(path, 'x'.repeat(101))],
    ['that is not UTF-8', 'CONFIG_1706', (path: string) => writeFile(path, Buffer.from([0x66, 0xff, 0x66]))],
    [
      'that is a named pipe nobody writes to',
      'CONFIG_1706',
      async (path: string) => void execFileSync('mkfifo', [path]),
    ],
  ])('%s is refused with %s', async (_, code, make) => {
    await using folder = await tempFolder();
    const path = join(folder.path, 'app.yaml');
    await make(path);
    await expect(readText(path, 100)).rejects.toMatchObject({ code });
  });

  it('that has exactly the limit is read', async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, 'app.yaml');
    await writeFile(path, 'x'.repeat(100));
    expect(await readText(path, 100)).toHaveLength(100);
  });
});
