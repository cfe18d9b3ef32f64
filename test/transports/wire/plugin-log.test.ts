import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { PluginLog } from '../../../transports/wire/plugin-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger, type LogRecord } from '../../support/memory-logger.ts';

function pluginLog(): { clock: ManualClock; log: MemoryLogger; plugin: PluginLog } {
  const clock = new ManualClock();
  const log = new MemoryLogger();
  return { clock, log, plugin: new PluginLog(log, clock) };
}

/** What a stream with this text becomes. */
async function printed(text: string, name: 'stdout' | 'stderr' = 'stdout'): Promise<LogRecord[]> {
  const { log, plugin } = pluginLog();
  const stream = new PassThrough();
  plugin.capture(stream, name);
  stream.end(text);
  await new Promise((resolve) => stream.once('end', resolve));
  return log.records;
}

describe('a printed line', () => {
  it('is a record of level info with its stream', async () => {
    expect(await printed('hello\n', 'stderr')).toEqual([
      { level: 'info', message: 'hello', fields: { stream: 'stderr' } },
    ]);
  });

  it('is nothing when it is empty, and a record when its end is missing', async () => {
    expect((await printed('\n\r\nlast')).map(({ message }) => message)).toEqual(['last']);
  });

  it.each([
    ['pino', '{"level":50,"time":1,"msg":"x","a":1}', 'error', { time: 1, a: 1 }],
    ['hclog', '{"@level":"warn","@message":"x","@module":"m"}', 'warn', { '@module': 'm' }],
    ['winston', '{"level":"debug","message":"x"}', 'debug', {}],
    ['a level in capitals', '{"level":"FATAL","msg":"x"}', 'error', {}],
    ['a level nobody knows', '{"level":"loud","msg":"x"}', 'info', {}],
    ['a level that is an object', '{"level":{"toString":1},"msg":"x"}', 'info', {}],
    ['a level that is a list', '{"level":[],"msg":"x"}', 'info', {}],
  ])('of %s is a structured record', async (_, line, level, fields) => {
    expect(await printed(`${line}\n`)).toEqual([
      { level, message: 'x', fields: { ...fields, stream: 'stdout' } },
    ]);
  });

  it.each([
    '{"msg":"no level"}',
    '{"level":30}',
    '{"level":30,"msg":{"toString":1}}',
    '{"level":30,"msg":"cut',
    '{}',
    '[1]',
    '{"level":null,"msg":"x"}',
  ])('that is JSON of another shape is text: %s', async (line) => {
    expect(await printed(`${line}\n`)).toMatchObject([{ level: 'info', message: line }]);
  });

  it('cannot say another stream than its own, nor change a prototype', async () => {
    const line = '{"level":30,"msg":"x","stream":"elsewhere","__proto__":{"polluted":1}}\n';
    const [record] = await printed(line);
    expect(record?.fields).toEqual({ stream: 'stdout' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is cut at 16 KiB, and says so', async () => {
    const records = await printed(`${'x'.repeat(20_000)}\nnext\n`);
    expect(records.map(({ message, fields }) => [message.length, fields['cut']])).toEqual([
      [16 * 1024, true],
      [4, undefined],
    ]);
  });

  it('cannot paint a terminal', async () => {
    const [record] = await printed('\u001b[2Jhello\u202e\n');
    expect(record?.message).toBe(String.raw`\u001b[2Jhello\u202e`);
  });
});

describe('records', () => {
  it('are a thousand a second at most; how many were dropped is said with the next', () => {
    const { clock, log, plugin } = pluginLog();
    for (let at = 0; at < 2500; at++) plugin.write('info', `record ${at}`, {});
    expect(log.records).toHaveLength(1000);
    clock.advance(999);
    plugin.write('info', 'in the same second', {});
    expect(log.records).toHaveLength(1000);
    clock.advance(1);
    plugin.write('info', 'in the next', {});
    expect(log.records.slice(1000)).toEqual([
      expect.objectContaining({ level: 'warn', fields: { dropped: 1501 } }),
      expect.objectContaining({ message: 'in the next' }),
    ]);
  });

  it('that were dropped at the end are said when it is asked for, once', () => {
    const { log, plugin } = pluginLog();
    for (let at = 0; at < 1001; at++) plugin.write('info', 'x', {});
    plugin.sayDropped();
    plugin.sayDropped();
    expect(log.records.slice(1000).map(({ fields }) => fields)).toEqual([{ dropped: 1 }]);
  });

  it.each([
    ['an object', { toString: 1 }],
    ['an object without a prototype', Object.create(null)],
    ['a list', [[[]]]],
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a bigint', 7n],
    ['a function', () => 1],
  ])('of any value never throw: %s', (_, value: unknown) => {
    const { log, plugin } = pluginLog();
    plugin.write(value, value, value);
    expect(log.records).toHaveLength(1);
    expect(typeof log.records[0]?.message).toBe('string');
  });
});

describe('the last words on stderr', () => {
  async function lastWords(text: string, name: 'stdout' | 'stderr' = 'stderr'): Promise<string> {
    const { plugin } = pluginLog();
    const stream = new PassThrough();
    plugin.capture(stream, name);
    stream.end(text);
    await new Promise((resolve) => stream.once('end', resolve));
    return plugin.stderrTail();
  }

  it('are the last lines', async () => {
    const lines = Array.from({ length: 50 }, (_, at) => `line ${at}`);
    expect(await lastWords(lines.join('\n'))).toBe(
      ' Its last words on stderr: "line 45 | line 46 | line 47 | line 48 | line 49".',
    );
  });

  it('are nothing where nothing was said, or on stdout only', async () => {
    expect([await lastWords(''), await lastWords('hello\n', 'stdout')]).toEqual(['', '']);
  });

  it('of an uncaught error are its message, not its stack', async () => {
    const stack = Array.from({ length: 10 }, (_, at) => `    at frame${at} (file:///plugin.mjs:${at}:1)`);
    const text = [
      'file:///plugin.mjs:3',
      "  throw new Error('no disk');",
      '        ^',
      '',
      'Error: no disk',
      ...stack,
      '',
      'Node.js v20.20.2',
    ];
    expect(await lastWords(text.join('\n'))).toContain('Error: no disk');
  });

  it('are safe to print, and short', async () => {
    const words = await lastWords(`\u001b[31m${'x'.repeat(5000)}\n`);
    expect(words).toContain(String.raw`\u001b[31m`);
    expect(words.length).toBeLessThan(400);
  });
});
