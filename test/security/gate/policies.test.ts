import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { whitelistGate } from 'plugboard/security';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { kindsOf, listed, moduleLaunch, program, refusalOf } from '../listed.ts';
import { MemorySink } from '../memory-sink.ts';

const good = '#!/bin/sh\necho good\n';

async function scored() {
  const host = await listed();
  const file = await host.write('score.sh', good, 0o755);
  await host.list({ score: await host.pin(file) });
  return { host, file };
}

describe('the policy strict', () => {
  it('refuses each kind of violation, with its code', async () => {
    const { host, file } = await scored();
    await using _ = host;
    const typed = await host.pin(file, { type: 'worker' });
    await host.list({
      score: await host.pin(file),
      off: await host.pin(file, { enabled: false }),
      typed,
      other: await host.pin(file, { hash: 'ab'.repeat(32) }),
      big: await host.pin(file, { maxFileSizeBytes: 3 }),
      remote: { allowedEndpoints: ['auth:50051'] },
    });
    const gate = await host.gate();
    const refused = async (plugin: string, launch = program(file)) => {
      const error = await refusalOf(gate, launch, plugin);
      return [error.code, ...kindsOf(error)];
    };
    expect(await refused('nobody')).toEqual(['SECURITY_1802', 'plugin_not_whitelisted']);
    expect(await refused('off')).toEqual(['SECURITY_1802', 'plugin_not_whitelisted']);
    expect(await refused('typed')).toEqual(['SECURITY_1801', 'type_mismatch']);
    expect(await refused('other')).toEqual(['SECURITY_1803', 'hash_mismatch']);
    expect(await refused('big')).toEqual(['SECURITY_1801', 'file_size_exceeded']);
    const endpoint = { kind: 'endpoint', endpoint: 'evil:50051' } as const;
    expect(await refused('remote', endpoint as never)).toEqual(['SECURITY_1801', 'endpoint_not_allowed']);
    expect(await refused('remote')).toEqual(['SECURITY_1801', 'plugin_not_whitelisted']);
    expect(gate.report().statistics).toMatchObject({
      attempts: 7,
      authorized: 0,
      rejected: 7,
      violations: {
        plugin_not_whitelisted: 3,
        type_mismatch: 1,
        hash_mismatch: 1,
        file_size_exceeded: 1,
        endpoint_not_allowed: 1,
      },
    });
  });

  it('refuses whatever the whitelist does not allow for all: types', async () => {
    const { host, file } = await scored();
    await using _ = host;
    await host.list({ score: await host.pin(file) }, { constraints: { allowedTypes: ['grpc', 'worker'] } });
    const gate = await host.gate();
    expect(kindsOf(await refusalOf(gate, program(file)))).toEqual(['type_mismatch']);
    await (await gate.admit('score', moduleLaunch(file))).release();
  });

  it.each([
    ['is missing', (file: string) => rm(file), 'SECURITY_1802'],
    ['is empty', (file: string) => writeFile(file, ''), 'SECURITY_1802'],
    ['is broken', (file: string) => writeFile(file, '{'), 'SECURITY_1802'],
    ['is not UTF-8', (file: string) => writeFile(file, Buffer.from([0x23, 0xff])), 'SECURITY_1802'],
    ['can be written by others', (file: string) => chmod(file, 0o666), 'SECURITY_1805'],
  ] as const)('does not open when the whitelist %s', async (_what, harm, code) => {
    const { host } = await scored();
    await using _ = host;
    await harm(host.file);
    await expect(host.gate()).rejects.toMatchObject({ code });
  });

  it('refuses a gate that was not opened', async () => {
    const gate = whitelistGate('./nowhere.whitelist');
    expect(kindsOf(await refusalOf(gate, program('/bin/true')))).toEqual(['whitelist_not_loaded']);
  });

  it('starts nothing any more once it is closed', async () => {
    const { host, file } = await scored();
    await using _ = host;
    const gate = await host.gate();
    await gate.close();
    await gate.close();
    expect((await refusalOf(gate, program(file))).code).toBe('PLUGIN_1208');
  });

  it('lets what is being verified end when it is closed, and leaves nothing of it', async () => {
    const { host, file } = await scored();
    await using _ = host;
    const storeDir = join(host.folder, 'store');
    const gate = await host.gate({ storeDir });
    const starts = Array.from({ length: 8 }, () => refusalOf(gate, program(file)).catch(() => undefined));
    await gate.close();
    const codes = (await Promise.all(starts)).map((error) => error?.code);
    expect(codes.every((code) => code === undefined || code === 'PLUGIN_1208')).toBe(true);
    expect(await readdir(storeDir)).toEqual([]);
  });

  it('refuses a store that others may write, or that cannot be made', async () => {
    const { host, file } = await scored();
    await using _ = host;
    const storeDir = join(host.folder, 'store');
    await mkdir(storeDir);
    await chmod(storeDir, 0o777);
    await expect(host.gate({ storeDir })).rejects.toMatchObject({ code: 'SECURITY_1805' });
    await expect(host.gate({ storeDir: join(file, 'store') })).rejects.toMatchObject({
      code: 'SECURITY_1805',
    });
    expect(await readdir(storeDir)).toEqual([]);
  });

  it('is not shaken by a logger that throws', async () => {
    const { host, file } = await scored();
    await using _ = host;
    const broken = (): never => {
      throw new Error('broken');
    };
    const logger = { debug: broken, info: broken, warn: broken, error: broken };
    const gate = await host.gate({ policy: 'permissive' }, { logger });
    expect((await gate.admit('nobody', program(file))).launch).toEqual(program(file));
  });

  it('guards one manager only', async () => {
    const { host } = await scored();
    await using _ = host;
    const gate = await host.gate();
    await expect(gate.open({} as never)).rejects.toThrow('guards another manager already');
  });
});

describe('the policy permissive', () => {
  it('notes what it would refuse, and lets it start as it is', async () => {
    const { host, file } = await scored();
    await using _ = host;
    const logger = new MemoryLogger();
    const sink = new MemorySink();
    const gate = await host.gate({ policy: 'permissive', audit: sink }, { logger });
    await writeFile(file, '#!/bin/sh\necho other\n');
    const launch = program(file);
    expect((await gate.admit('score', launch)).launch).toBe(launch);
    expect((await gate.admit('nobody', launch)).launch).toBe(launch);
    expect(logger.records.filter(({ level }) => level === 'warn')).toHaveLength(2);
    expect(sink.records.filter(({ event }) => event === 'plugin_rejected')).toMatchObject([
      { plugin: 'score', details: { enforced: false } },
      { plugin: 'nobody', details: { enforced: false } },
    ]);
    expect(gate.report().statistics).toMatchObject({ attempts: 2, authorized: 0, rejected: 2 });
  });

  it('starts the verified copy of what is listed', async () => {
    const { host, file } = await scored();
    await using _ = host;
    const gate = await host.gate({ policy: 'permissive' });
    const launch = program(file);
    const admission = await gate.admit('score', launch);
    const { launch: admitted } = admission;
    expect(admitted).not.toEqual(launch);
    await admission.release();
  });

  it('starts without a whitelist, and says so', async () => {
    const { host, file } = await scored();
    await using _ = host;
    await rm(host.file);
    const gate = await host.gate({ policy: 'permissive' });
    await gate.admit('score', program(file));
    expect(gate.report()).toMatchObject({
      entries: 0,
      statistics: { violations: { whitelist_not_loaded: 1 } },
    });
    expect(gate.report().alarm).toContain('cannot be read');
  });
});

describe('the policy audit-only', () => {
  it('judges nothing and notes every start', async () => {
    const { host } = await scored();
    await using _ = host;
    const sink = new MemorySink();
    const gate = await host.gate({ policy: 'audit-only', audit: sink });
    const launch = program('/bin/true');
    await gate.check('any', launch);
    expect((await gate.admit('any', launch)).launch).toBe(launch);
    expect(sink.records).toContainEqual({
      event: 'plugin_authorized',
      level: 'info',
      plugin: 'any',
      details: { kind: 'program', what: '/bin/true' },
      durability: 'grouped',
    });
    expect(gate.report().statistics).toMatchObject({ attempts: 1, authorized: 1, rejected: 0 });
  });
});

describe('the policy disabled', () => {
  it('does nothing at all', async () => {
    const { host } = await scored();
    await using _ = host;
    const sink = new MemorySink();
    const gate = await host.gate({ policy: 'disabled', audit: sink, whitelist: '/nowhere' });
    const launch = program('/bin/true');
    expect((await gate.admit('any', launch)).launch).toBe(launch);
    gate.record({ event: 'plugin_registered', plugin: 'any' });
    await gate.reload();
    await gate.close();
    expect([sink.records, sink.opened]).toEqual([[], 0]);
    expect(gate.report().statistics.attempts).toBe(0);
  });
});

describe('what a gate says of itself', () => {
  it('has the times of its last decisions', async () => {
    const { host, file } = await scored();
    await using _ = host;
    const clock = new ManualClock();
    const gate = await host.gate({}, { clock });
    clock.advance(1000);
    await (await gate.admit('score', program(file))).release();
    clock.advance(1000);
    await refusalOf(gate, program(file), 'nobody');
    expect(gate.report()).toMatchObject({
      policy: 'strict',
      whitelistFile: host.file,
      entries: 1,
      alarm: undefined,
    });
    expect(gate.report().statistics).toEqual({
      attempts: 2,
      authorized: 1,
      rejected: 1,
      violations: { plugin_not_whitelisted: 1 },
      reloads: 0,
      failedReloads: 0,
      lastAuthorizedAt: new Date(Date.UTC(2030, 0, 1, 0, 0, 1)),
      lastRejectedAt: new Date(Date.UTC(2030, 0, 1, 0, 0, 2)),
      lastReloadAt: undefined,
    });
  });

  it('never claims more than the policy gives', async () => {
    const { host } = await scored();
    await using _ = host;
    const holding = async (policy: 'strict' | 'permissive' | 'audit-only' | 'disabled') =>
      (await host.gate({ policy })).report().guarantees.filter(({ holds }) => holds).length;
    const strict = await holding('strict');
    expect(strict).toBeGreaterThanOrEqual(process.platform === 'win32' ? 1 : 3);
    expect(await holding('permissive')).toBeLessThan(strict);
    expect(await holding('disabled')).toBe(0);
  });
});

describe('the options of a gate', () => {
  it.each([
    ['', /whitelist/],
    [{ whitelist: 'x', policy: 'lax' }, /policy/],
    [{ whitelist: 'x', polcy: 'strict' }, /polcy/],
    [{ whitelist: 'x', reloadDelayMs: -1 }, /reloadDelayMs/],
    [{ whitelist: 'x', audit: {} }, /audit/],
    [{ whitelist: 'x', pluginDirs: [] }, /pluginDirs/],
    [{}, /whitelist/],
  ])('are refused when they are %j', (options, message) => {
    expect(() => whitelistGate(options as never)).toThrow(message);
    expect(() => whitelistGate(options as never)).toThrow('CONFIG_1703');
  });
});
