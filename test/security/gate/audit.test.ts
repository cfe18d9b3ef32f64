import { describe, expect, it } from 'vitest';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { listed, program, refusalOf } from '../listed.ts';
import { MemorySink } from '../memory-sink.ts';

const noSpace = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

async function scored(metadata: object = { owner: 'ada' }) {
  const host = await listed();
  const file = await host.write('score.sh', '#!/bin/sh\necho good\n', 0o755);
  await host.list({ score: await host.pin(file, { metadata }) });
  return { host, file, sink: new MemorySink() };
}

describe('what a gate writes into its audit log', () => {
  it('is refusals and changes, not starts, unless it is asked for', async () => {
    const { host, file, sink } = await scored();
    await using _ = host;
    const gate = await host.gate({ audit: sink });
    await (await gate.admit('score', program(file))).release();
    await refusalOf(gate, program(file), 'nobody');
    gate.record({ event: 'config_changed', plugin: 'score', details: { changed: ['timeoutMs'] } });
    gate.record({ event: 'config_reloaded', details: { added: ['score'], removed: [], changed: [] } });
    gate.record({ event: 'config_refused', details: { code: 'CONFIG_1703' } });
    gate.record({ event: 'plugin_registered', plugin: 'score' });
    await gate.close();
    expect(sink.records.map(({ event, durability }) => [event, durability])).toEqual([
      ['security_validator_enabled', 'durable'],
      ['whitelist_loaded', 'durable'],
      ['plugin_rejected', 'durable'],
      ['config_changed', 'durable'],
      ['config_reloaded', 'durable'],
      ['config_refused', 'durable'],
      ['plugin_registered', 'grouped'],
      ['security_validator_disabled', 'durable'],
    ]);
    expect(sink.closed).toBe(1);
  });

  it('is every start with its hash, and the metadata, when that is asked for', async () => {
    const { host, file, sink } = await scored();
    await using _ = host;
    const gate = await host.gate({ audit: { sink, logAuthorized: true, includeMetadata: true } });
    await (
      await gate.admit('score', program(file, ['--token=secret'], { env: { KEY: 'secret' } }))
    ).release();
    const record = sink.records.find(({ event }) => event === 'plugin_authorized');
    expect(record).toMatchObject({
      plugin: 'score',
      durability: 'durable',
      details: {
        kind: 'program',
        path: file,
        sha256: (await host.pin(file))['hash']?.toString().slice(7),
        metadata: { owner: 'ada' },
      },
    });
    expect(JSON.stringify(record)).not.toContain('secret');
  });

  it('is refusals with the metadata of the entry, when that is asked for, and without it else', async () => {
    const { host, file, sink } = await scored();
    await using _ = host;
    for (const includeMetadata of [true, false]) {
      const gate = await host.gate({ audit: { sink, includeMetadata } });
      await host.write('score.sh', '#!/bin/sh\necho evil\n', 0o755);
      await refusalOf(gate, program(file));
      await gate.close();
    }
    const refusals = sink.records.filter(({ event }) => event === 'plugin_rejected');
    expect(refusals.map(({ details }) => details?.['metadata'])).toEqual([{ owner: 'ada' }, undefined]);
  });

  it('ends with the end of the gate, also if that comes while something is verified', async () => {
    const { host, file, sink } = await scored();
    await using _ = host;
    const gate = await host.gate({ audit: { sink, logAuthorized: true } });
    const starts = Array.from({ length: 4 }, () => refusalOf(gate, program(file)).catch(() => {}));
    await gate.close();
    await Promise.all(starts);
    expect(sink.events.at(-1)).toBe('security_validator_disabled');
    expect(sink.events.filter((event) => event === 'plugin_authorized')).toHaveLength(4);
  });

  it('is what each switch leaves', async () => {
    const { host, file, sink } = await scored();
    await using _ = host;
    const gate = await host.gate({ audit: { sink, logUnauthorized: false, logConfigChanges: false } });
    await refusalOf(gate, program(file), 'nobody');
    gate.record({ event: 'config_changed' });
    await gate.close();
    expect(sink.events).toEqual([]);
  });
});

describe('an audit log that cannot be written', () => {
  it('keeps a strict gate from opening', async () => {
    const { host, sink } = await scored();
    await using _ = host;
    sink.full = noSpace;
    await expect(host.gate({ audit: sink })).rejects.toMatchObject({ code: 'SECURITY_1806' });
  });

  it('lets nothing start under a strict policy until it can be written, and says what is missing then', async () => {
    const { host, file, sink } = await scored();
    await using _ = host;
    const logger = new MemoryLogger();
    const gate = await host.gate({ audit: sink }, { logger });
    sink.full = noSpace;
    expect((await refusalOf(gate, program(file), 'nobody')).code).toBe('SECURITY_1802');
    const error = await refusalOf(gate, program(file));
    expect(error.code).toBe('SECURITY_1806');
    expect(error.message).toContain('no space left on device');
    expect(gate.report().alarm).toContain('no space left on device');
    expect(logger.named('the audit log cannot be written')).toHaveLength(1);
    sink.full = undefined;
    await (await gate.admit('score', program(file))).release();
    expect(sink.records.at(-1)).toMatchObject({ event: 'audit_gap', details: { lost: 2 } });
    expect(gate.report().alarm).toBeUndefined();
    expect(gate.report().statistics).toMatchObject({ attempts: 3, authorized: 1, rejected: 2 });
  });

  it('stops nothing under a permissive policy', async () => {
    const { host, file, sink } = await scored();
    await using _ = host;
    sink.full = noSpace;
    const gate = await host.gate({ policy: 'permissive', audit: sink });
    await (await gate.admit('score', program(file))).release();
    await gate.admit('nobody', program(file));
    expect(gate.report().alarm).toContain('no space left on device');
  });

  it('holds a start up for 5 s at most when it does not answer', async () => {
    const { host, file, sink } = await scored();
    await using _ = host;
    const clock = new ManualClock();
    const gate = await host.gate({ audit: { sink, logAuthorized: true } }, { clock });
    sink.hangs = true;
    const refused = refusalOf(gate, program(file));
    while (!clock.timersMs.includes(5000)) await new Promise(setImmediate);
    clock.advance(5000);
    expect((await refused).code).toBe('SECURITY_1806');
    expect(clock.timersMs).toEqual([]);
  });
});
