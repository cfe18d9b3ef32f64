import { beforeAll, describe, expect, it } from 'vitest';
import { hclogReader } from '../../../transports/go-plugin/logs.ts';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { buildGo, fixture, hasGo, keep } from './go-plugins.ts';

beforeAll(() => buildGo('1.8.0'), goBuildTimeoutMs);

describe('what a plugin in Go says', () => {
  needsTool('go', hasGo);

  it('to its logger arrives with level, name and fields', async () => {
    await using host = await keep(fixture());
    await host.ask('log', 'well');
    const find = (message: string) => host.logger.until((record) => record.message === message);
    expect(await find('well')).toMatchObject({
      level: 'info',
      fields: { module: 'nested.twice', list: ['a', 'b'], answer: 42, plugin: 'kv' },
    });
    expect(await find('finest')).toMatchObject({ level: 'debug' });
    expect(await find('fine')).toMatchObject({ level: 'debug' });
    expect(await find('careful')).toMatchObject({ level: 'warn', fields: { error: 'not good' } });
    expect(await find('bad')).toMatchObject({ level: 'error' });
  });

  it('on stdout and stderr arrives too, and never stops it', async () => {
    await using host = await keep(fixture());
    await host.ask('print', `${'much '.repeat(60_000)}\nhello\n`);
    await host.ask('complain', 'oh dear\n');
    const find = (message: string) => host.logger.until((record) => record.message === message);
    expect(await find('hello')).toMatchObject({ level: 'info', fields: { stream: 'stdout' } });
    expect(await find('oh dear')).toMatchObject({ level: 'info', fields: { stream: 'stderr' } });
  });
});

describe('a line of stderr', () => {
  it.each([
    ['{"@level":"warn","@message":"a","@module":"m","n":1}', 'warn', 'a', { module: 'm', n: 1 }],
    ['{"@level":"INFO","@message":"a"}', 'INFO', 'a', {}],
    ['{"@level":"info","@message":7}', 'info', 7, {}],
    ['{"@level":"info"}', 'info', '', {}],
    ['{"@level":"info","@message":"a","__proto__":{"x":1}}', 'info', 'a', {}],
    ['{"@level":3,"@message":"a"}', 'info', '{"@level":3,"@message":"a"}', {}],
    ['{"a":1}', 'info', '{"a":1}', {}],
    ['{"a":', 'info', '{"a":', {}],
    ['[WARN]  careful', 'WARN', 'careful', {}],
    ['2026/01/02 03:04:05 [DEBUG] fine', 'DEBUG', 'fine', {}],
    ['2026-01-02T03:04:05.000Z [ERROR] bad: x=1', 'ERROR', 'bad: x=1', {}],
    ['plain', 'info', 'plain', {}],
  ])('%s', (line, level, message, fields) => {
    expect(hclogReader()(line)).toEqual({ level, message, fields });
  });

  it('is an error after a panic, unless it has a level', () => {
    const read = hclogReader();
    const levels = ['fine', 'panic: oh', 'goroutine 1 [running]:', '[INFO] still'].map(
      (line) => read(line).level,
    );
    expect(levels).toEqual(['info', 'error', 'error', 'INFO']);
  });
});
