import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { arch } from 'node:process';
import { Simple } from 'plugboard';
import { subprocess, worker } from 'plugboard/transports';
import { afterEach, describe, expect, it } from 'vitest';
import { expectNoChildren } from '../support/processes.ts';
import { startError } from '../support/start-error.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { fixture } from './subjects.ts';

afterEach(expectNoChildren);

/** The first bytes of a Linux program for a processor of another make. */
function foreignProgram(): Buffer {
  const header = Buffer.alloc(64);
  header.write('\u007fELF\u0002\u0001\u0001', 'latin1');
  header.writeUInt16LE(2, 16); // an executable
  header.writeUInt16LE(arch === 's390x' ? 62 : 22, 18); // s390x, or x64 on s390x
  header.writeUInt32LE(1, 20);
  return header;
}

/** Longer than Linux takes as one argument. */
const hugeText = 'x'.repeat(3_000_000);

describe('a program that cannot be started', () => {
  it('is missing: the error names the path and the cure', async () => {
    await using folder = await tempFolder();
    const command = join(folder.path, 'nowhere');
    expect(await startError(subprocess(command))).toMatchObject({
      code: 'REGISTRY_1908',
      plugin: 'subject',
      retryable: false,
      message: expect.stringMatching(
        /nowhere' could not be started: there is no such file\. Check the path/,
      ) as string,
    });
  });

  it('is not on PATH: the error says to install it', async () => {
    expect(await startError(subprocess('no-such-program-anywhere'))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringMatching(/there is no such program.*PATH/) as string,
    });
  });

  it('is not executable: the error says chmod', async () => {
    await using folder = await tempFolder();
    const command = await folder.write('plugin', '#!/bin/sh\nexit 0\n');
    expect(await startError(subprocess(command))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringContaining('chmod +x') as string,
    });
  });

  it('is a directory', async () => {
    await using folder = await tempFolder();
    expect(await startError(subprocess(folder.path))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringContaining('it is a directory') as string,
    });
  });

  it.runIf(process.platform === 'linux')('was built for another processor', async () => {
    await using folder = await tempFolder();
    const command = await folder.write('plugin', foreignProgram(), 0o755);
    expect(await startError(subprocess(command))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringContaining('another processor') as string,
    });
  });

  it('is an empty file', async () => {
    await using folder = await tempFolder();
    const command = await folder.write('plugin', '', 0o755);
    expect(await startError(subprocess(command))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringContaining('the file is empty') as string,
    });
  });

  it('names an interpreter that is missing', async () => {
    await using folder = await tempFolder();
    const command = await folder.write('plugin', '#!/no/such/interpreter\n', 0o755);
    expect(await startError(subprocess(command))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringContaining('/no/such/interpreter') as string,
    });
  });

  it.runIf(process.platform === 'linux')('is being written to', async () => {
    await using folder = await tempFolder();
    const command = await folder.write('plugin', '#!/bin/sh\nexit 0\n', 0o755);
    const writer = await open(command, 'r+');
    try {
      expect(await startError(subprocess(command))).toMatchObject({
        code: 'REGISTRY_1908',
        message: expect.stringMatching(/busy|being written/i) as string,
      });
    } finally {
      await writer.close();
    }
  });

  it('has a working directory that is missing: the error names it, not the command', async () => {
    await using folder = await tempFolder();
    const cwd = join(folder.path, 'nowhere');
    expect(await startError(subprocess(process.execPath, { cwd }))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringMatching(/working directory .*nowhere does not exist/) as string,
    });
  });

  it('has arguments that are too long', async () => {
    expect(await startError(subprocess(process.execPath, { args: [hugeText] }))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringContaining('too long') as string,
    });
  });

  it('has an environment that is too long', async () => {
    expect(await startError(subprocess(process.execPath, { env: { HUGE: hugeText } }))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringContaining('too long') as string,
    });
  });

  it.each([
    ['its command', subprocess('no\0de')],
    ['an argument', subprocess(process.execPath, { args: ['a\0b'] })],
    ['a variable', subprocess(process.execPath, { env: { TOKEN: 'a\0b' } })],
  ])('has a NUL character in %s', async (_, source) => {
    expect(await startError(source)).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringContaining('NUL') as string,
    });
  });

  it('is a worker file that is missing', async () => {
    await using folder = await tempFolder();
    expect(await startError(worker(join(folder.path, 'nowhere.mjs')))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringContaining('nowhere.mjs') as string,
    });
  });

  it('is a worker file with an error in it: the error names it', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('broken.mjs', 'throw new Error("broken from the start");\n');
    expect(await startError(worker(file))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringContaining('broken from the start') as string,
    });
  });
});

it('fails the whole build when one of several cannot be started, and leaves none of them running', async () => {
  const building = Simple<unknown, unknown>()
    .withPlugin('good', subprocess(process.execPath, { args: [fixture('serve-all-round.mjs')] }))
    .withPlugin('bad', subprocess('no-such-program-anywhere'))
    .build();
  await expect(building).rejects.toMatchObject({
    code: 'REGISTRY_1901',
    message: expect.stringContaining('no-such-program-anywhere') as string,
  });
});
