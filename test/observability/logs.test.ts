import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Simple, systemClock, type PluginSettings, type Single } from 'plugboard';
import { PluginLog } from '../../transports/wire/plugin-log.ts';
import { inProcess, subprocess, worker } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { managed } from '../support/managed.ts';
import { MemoryLogger, type LogRecord } from '../support/memory-logger.ts';
import { expectNoChildren } from '../support/processes.ts';

afterEach(expectNoChildren);

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const place = { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331' };

const file = fileURLToPath(new URL('programs/talker.mjs', import.meta.url));
const child = () => subprocess<Single<string, number>>(process.execPath, { args: [file] });

/** Lets the talker speak in one call, or in two at once, which end when all is heard. */
async function talk(settings: PluginSettings<never> = {}, { source = child(), calls = 1 } = {}) {
  const log = new MemoryLogger();
  const wanted = calls * (settings.logLevel === 'warn' ? 1 : 2);
  const printed = (): number => log.records.filter(({ fields }) => 'stream' in fields).length;
  const heard = async (): Promise<void> => void (await log.until(() => printed() === wanted));
  await using host = await managed(
    Simple<string, number>()
      .withLogger(log)
      .withServices({ begin: () => setImmediate(), heard })
      .withPlugin('talker', source, { ...settings, services: ['begin', 'heard'] })
      .build(),
  );
  const ask = (): Promise<number> => host.manager.execute('talker', 'x', { traceparent });
  const [pid] = await Promise.all(Array.from({ length: calls }, ask));
  return { pid, records: log.records.filter(({ message }) => !message.startsWith('plugin ')) };
}

describe('what a plugin says', () => {
  it('becomes records with its name and process, in its trace where that is known, without secrets', async () => {
    const { pid, records } = await talk();
    const about = { plugin: 'talker', pid };
    expect(records).toHaveLength(4);
    expect(records).toEqual(
      expect.arrayContaining([
        {
          level: 'info',
          message: 'connecting to redis://[redacted]@cache:6379',
          fields: { ...about, ...place, stream: 'stdout' },
        },
        {
          level: 'warn',
          message: 'weak',
          fields: { ...about, ...place, stream: 'stderr', password: '[redacted]' },
        },
        { level: 'debug', message: 'a detail', fields: { ...about, ...place, token: '[redacted]' } },
        {
          level: 'error',
          message: 'it failed with api_key=[redacted]',
          fields: { ...about, ...place, user: 'ada' },
        },
      ]),
    );
  });

  const printed = (records: readonly LogRecord[]): unknown[] =>
    records.filter(({ fields }) => 'stream' in fields).map(({ fields }) => fields['trace_id']);

  it('and prints belongs to the trace of the one call that runs, in a thread too', async () => {
    const { records } = await talk({}, { source: worker<Single<string, number>>(file) });
    expect(printed(records)).toEqual([place.trace_id, place.trace_id]);
  });

  it('and prints while several calls run belongs to none of them', async () => {
    const { records } = await talk({}, { calls: 2 });
    expect(printed(records)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('and prints of a trace by itself, stays so', async () => {
    const log = new MemoryLogger();
    const pluginLog = new PluginLog(log, systemClock);
    pluginLog.within(() => ({ traceparent }));
    const lines = [
      { level: 30, msg: 'own', trace_id: 'mine', span_id: 'its' },
      { level: 30, msg: 'other' },
    ];
    pluginLog.capture(Readable.from(lines.map((line) => `${JSON.stringify(line)}\n`)), 'stdout');
    await log.until(({ message }) => message === 'other');
    expect(printed(log.records)).toEqual(['mine', place.trace_id]);
  });

  it('is kept from its own level on', async () => {
    const { records } = await talk({ logLevel: 'warn' });
    expect(records.map(({ level }) => level).toSorted()).toEqual(['error', 'warn']);
  });
});

describe('levels', () => {
  const plugin = answering<string, string>((text, { log }) => {
    log.debug(text);
    log.warn(text);
    return text;
  });

  it("are the manager's, unless a plugin has its own, and change while it runs", async () => {
    const log = new MemoryLogger();
    await using host = await managed(
      Simple<string, string>()
        .withLogger(log)
        .withLogLevel('warn')
        .withPlugin('quiet', inProcess(plugin))
        .withPlugin('loud', inProcess(plugin), { logLevel: 'debug' })
        .build(),
    );
    for (const name of ['quiet', 'loud'] as const) await host.manager.execute(name, 'first');
    await host.manager.reconfigure('loud', { logLevel: 'error' });
    await host.manager.execute('loud', 'second');
    expect(log.records.map(({ level, message, fields }) => [fields['plugin'], level, message])).toEqual([
      ['loud', 'info', 'plugin is ready'],
      ['quiet', 'warn', 'first'],
      ['loud', 'debug', 'first'],
      ['loud', 'warn', 'first'],
    ]);
  });

  it('are refused where there is no such level', async () => {
    expect(() => Simple().withLogLevel('loud' as 'debug')).toThrow("there is no log level 'loud'");
    const building = Simple<string, string>()
      .withPlugin('auth', inProcess(plugin), { logLevel: 'loud' as 'debug' })
      .build();
    await expect(building).rejects.toThrow('logLevel');
  });
});
