import { appendFile, chmod, mkdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { PluginError, type Gate, type GateHost } from 'plugboard';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { until } from '../../support/processes.ts';
import { listed, program, refusalOf, type Entry } from '../listed.ts';
import { MemorySink } from '../memory-sink.ts';

const good = '#!/bin/sh\necho good\n';
const readAgain = 'the whitelist was read again';
const unusable = 'the whitelist cannot be used; the one before stays in force';

/** A watched whitelist with one plugin. */
async function watched(options: object = {}, parts: Partial<GateHost> = {}) {
  const host = await listed();
  const file = await host.write('score.sh', good, 0o755);
  const entry: Entry = await host.pin(file);
  await host.list({ score: entry });
  const logger = new MemoryLogger();
  const sink = new MemorySink();
  const revoked: [string, PluginError][] = [];
  const revoke = (plugin: string, reason: PluginError): void => void revoked.push([plugin, reason]);
  const gate = await host.gate(
    { watch: true, reloadDelayMs: 20, audit: sink, ...options },
    { logger, revoke, ...parts },
  );
  const said = (message: string, times = 1): Promise<void> =>
    until(() => logger.named(message).length >= times);
  return { host, file, entry, logger, sink, revoked, gate, said };
}

const isAdmitted = async (gate: Gate, file: string, plugin = 'score'): Promise<boolean> => {
  try {
    await (await gate.admit(plugin, program(file))).release();
    return true;
  } catch {
    return false;
  }
};

describe('a whitelist that changes while the host runs', () => {
  it.each([
    ['written in place', (file: string, text: string) => writeFile(file, text)],
    [
      'replaced',
      async (file: string, text: string) => (
        await writeFile(`${file}.new`, text),
        rename(`${file}.new`, file)
      ),
    ],
    ['removed and made again', async (file: string, text: string) => (await rm(file), writeFile(file, text))],
  ] as const)('counts when it is %s, again and again', async (_how, change) => {
    const { host, file, entry, gate, said } = await watched();
    await using _ = host;
    for (let time = 1; time <= 3; time++) {
      await change(host.file, JSON.stringify({ plugins: { score: entry, [`more-${time}`]: entry } }));
      await said(readAgain, time);
      expect(await isAdmitted(gate, file, `more-${time}`)).toBe(true);
      expect(await isAdmitted(gate, file, `more-${time - 1}`)).toBe(false);
    }
    expect(gate.report().statistics.reloads).toBe(3);
  });

  it('counts when the folder behind a link is replaced, as mounted configuration is', async () => {
    await using host = await listed();
    const file = await host.write('score.sh', good, 0o755);
    const write = async (name: string, plugins: readonly string[]) => {
      await mkdir(join(host.folder, name));
      const entries = plugins.map((plugin) => ({ name: plugin, path: file, hash: 'ab'.repeat(32) }));
      await writeFile(join(host.folder, name, 'list'), JSON.stringify({ plugins: entries }));
    };
    await write('..one', ['a']);
    await write('..two', ['a', 'b']);
    await symlink('..one', join(host.folder, '..data'));
    await rm(host.file);
    await symlink('..data/list', host.file);
    const logger = new MemoryLogger();
    const gate = await host.gate({ watch: true, reloadDelayMs: 20 }, { logger });
    expect(gate.report().entries).toBe(1);
    await symlink('..two', join(host.folder, '..new'));
    await rename(join(host.folder, '..new'), join(host.folder, '..data'));
    await until(() => gate.report().entries === 2);
  });

  it('counts at once when the host asks', async () => {
    const { host, gate } = await watched({ watch: false });
    await using _ = host;
    await host.list({});
    expect(gate.report().entries).toBe(1);
    await gate.reload();
    expect(gate.report().entries).toBe(0);
    await writeFile(host.file, '{');
    await expect(gate.reload()).rejects.toMatchObject({ code: 'SECURITY_1802' });
    expect(gate.report()).toMatchObject({ entries: 0, statistics: { reloads: 1, failedReloads: 1 } });
  });

  it('does not count when only its time changed', async () => {
    const { host, entry, gate, logger, said } = await watched();
    await using _ = host;
    await host.list({ score: entry });
    await host.list({ score: entry, more: entry });
    await said(readAgain);
    expect(gate.report().statistics.reloads).toBe(1);
    expect(logger.named(readAgain)).toHaveLength(1);
  });

  it.each([
    ['empty', (file: string) => writeFile(file, '')],
    ['broken', (file: string) => writeFile(file, '{"plugins": {"sc')],
    ['of an unknown key', (file: string) => writeFile(file, '{"plugins": {}, "x": 1}')],
    ['missing', (file: string) => rm(file)],
    ['writable by others', (file: string) => chmod(file, 0o666)],
    ['a directory', async (file: string) => (await rm(file), mkdir(file))],
  ] as const)('keeps the last good one with an alarm when the new one is %s', async (_what, harm) => {
    const { host, file, entry, gate, sink, logger, said } = await watched();
    await using _ = host;
    await harm(host.file);
    await said(unusable);
    expect(await isAdmitted(gate, file)).toBe(true);
    expect(gate.report().alarm).toBeDefined();
    expect(gate.report().statistics).toMatchObject({ reloads: 0, failedReloads: 1 });
    await until(() => sink.events.includes('whitelist_reload_failed'));
    await rm(host.file, { recursive: true, force: true });
    await host.list({ score: entry, more: entry });
    await said(readAgain);
    await until(() => gate.report().alarm === undefined);
    expect(logger.named(unusable).length).toBeLessThanOrEqual(2); // removing it may be seen too
  });

  it('has its alarm cleared by the very text that is in force', async () => {
    const { host, entry, gate, said } = await watched();
    await using _ = host;
    await writeFile(host.file, '');
    await said(unusable);
    await host.list({ score: entry });
    await said('the whitelist can be used again');
    expect(gate.report().alarm).toBeUndefined();
  });

  it('is not read while it is being written', async () => {
    const clock = new ManualClock();
    const { host, entry, gate } = await watched({ reloadDelayMs: 700 }, { clock });
    await using _ = host;
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 50) {
        clock.advance(50);
        await new Promise(setImmediate);
        await stat(host.file); // so that a look that has begun can end
      }
    };
    await writeFile(host.file, 'plugins:\n'); // with every line a whitelist already, but not all of it
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'score']) {
      await pass(500);
      await appendFile(
        host.file,
        `  - {name: ${name}, path: ./score.sh, hash: "${String(entry['hash'])}"}\n`,
      );
    }
    expect(gate.report()).toMatchObject({ entries: 1, alarm: undefined, statistics: { reloads: 0 } });
    await until(() => {
      clock.advance(50);
      return gate.report().statistics.reloads === 1;
    });
    expect(gate.report().entries).toBe(8);
  });

  it('survives a thousand rewrites under load: no torn one is acted on, and the last one wins', async () => {
    const { host, file, entry, gate, revoked } = await watched();
    await using _ = host;
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`plugin-${at}`, entry]));
    const texts = [{ ...many, score: entry }, { score: entry }].map((plugins) => JSON.stringify({ plugins }));
    const last = JSON.stringify({ plugins: { ...many, score: entry, last: entry } });
    const held = await gate.admit('score', program(file));
    const writer = new Worker(new URL('../programs/rewrites.mjs', import.meta.url), {
      workerData: { file: host.file, texts, last, times: 1000 },
    });
    const state = { isWriting: true };
    writer.once('exit', () => (state.isWriting = false));
    let admitted = 0;
    while (state.isWriting) {
      expect(await isAdmitted(gate, file)).toBe(true);
      admitted++;
    }
    await until(() => gate.report().entries === 22);
    expect(admitted).toBeGreaterThan(0);
    expect(revoked).toEqual([]);
    expect(gate.report().alarm).toBeUndefined();
    await held.release();
  });
});

describe('a running plugin whose entry changes', () => {
  it.each([
    ['is removed', async () => ({}), /not in the whitelist/],
    ['is disabled', async (entry: Entry) => ({ score: { ...entry, enabled: false } }), /disabled/],
    [
      'has another hash',
      async (entry: Entry) => ({ score: { ...entry, hash: 'ab'.repeat(32) } }),
      /not what was whitelisted/,
    ],
    ['is elsewhere', async (entry: Entry) => ({ score: { ...entry, path: './b.sh' } }), /at another path/],
    [
      'allows less',
      async (entry: Entry) => ({ score: { ...entry, maxFileSizeBytes: 3 } }),
      /more than the 3/,
    ],
  ] as const)('is stopped when it %s', async (_what, change, message) => {
    const { host, file, entry, gate, sink, revoked } = await watched();
    await using _ = host;
    await gate.admit('score', program(file));
    await host.list(await change(entry));
    await until(() => revoked.length > 0);
    expect(revoked).toEqual([['score', expect.objectContaining({ plugin: 'score' })]]);
    expect(revoked[0]?.[1].rawMessage).toMatch(message);
    await until(() => sink.events.includes('plugin_revoked'));
  });

  it('runs on when its entry says the same in other words, and when it has ended nobody cares', async () => {
    const { host, file, entry, gate, revoked, said } = await watched();
    await using _ = host;
    const ended = await gate.admit('score', program(file));
    await ended.release();
    await gate.admit('score', program(file));
    await host.list({
      score: { ...entry, hash: entry['hash']?.toString().toUpperCase(), metadata: { owner: 'ada' } },
    });
    await said(readAgain);
    expect(revoked).toEqual([]);
    await host.list({});
    await said(readAgain, 2);
    expect(revoked).toHaveLength(1);
  });

  it('is only noted under a permissive policy', async () => {
    const { host, file, gate, revoked, said } = await watched({ policy: 'permissive' });
    await using _ = host;
    await gate.admit('score', program(file));
    await host.list({});
    await said('a running plugin is no longer allowed');
    expect(revoked).toEqual([]);
  });

  it('is refused when the whitelist changes while it is being verified', async () => {
    const { host, file, gate, sink } = await watched({ watch: false, audit: undefined });
    await using _ = host;
    const held = gate.admit('score', program(file)).then(
      () => 'admitted',
      (error: unknown) => (error instanceof PluginError ? error.code : error),
    );
    await host.list({});
    await gate.reload();
    const late = await refusalOf(gate, program(file));
    expect(late.code).toBe('SECURITY_1802');
    expect(['admitted', 'SECURITY_1802']).toContain(await held);
    expect(sink.records).toEqual([]);
  });
});
