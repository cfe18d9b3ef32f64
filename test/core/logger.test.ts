import { Console } from 'node:console';
import { Writable } from 'node:stream';
import pino from 'pino';
import winston from 'winston';
import { describe, expect, it } from 'vitest';
import { definePlugin, Simple, type Logger, type LogLevel } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { withFields } from '../../src/core/logger.ts';
import { MemoryLogger } from '../support/memory-logger.ts';

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** A stream that keeps what is written to it. */
class Memory extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  get json(): Record<string, unknown>[] {
    return this.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

/** A plugin that logs one record at each level when it is asked. */
const talker = definePlugin<string, string>({
  name: 'talker',
  version: '1.0.0',
  execute(user, { log }) {
    for (const level of levels) log[level](`${level} speaks`, { user });
    return 'said';
  },
});

/** Lets the plugin talk into a logger; the records of its life are there too. */
async function talkInto(logger: Logger): Promise<string> {
  const manager = await Simple<string, string>()
    .withLogger(logger)
    .withPlugin('talker', inProcess(talker))
    .build();
  const answer = await manager.execute('talker', 'ada');
  await manager.shutdown();
  return answer;
}

const spoken = (records: readonly object[]): object[] =>
  records.filter((record) => JSON.stringify(record).includes(' speaks'));

describe('a real logger', () => {
  it('pino gets message, level, fields and the plugin', async () => {
    const memory = new Memory();
    expect(await talkInto(pino({ level: 'debug' }, memory))).toBe('said');
    expect(spoken(memory.json)).toEqual(
      [20, 30, 40, 50].map(
        (level, at) =>
          expect.objectContaining({
            level,
            msg: `${levels[at]} speaks`,
            user: 'ada',
            plugin: 'talker',
          }) as object,
      ),
    );
    expect(memory.json).toContainEqual(expect.objectContaining({ msg: 'plugin is ready', plugin: 'talker' }));
  });

  it("pino's child keeps what it is bound to", async () => {
    const memory = new Memory();
    await talkInto(pino({ level: 'warn' }, memory).child({ service: 'mail' }));
    expect(spoken(memory.json)).toEqual([
      expect.objectContaining({ level: 40, service: 'mail', plugin: 'talker' }),
      expect.objectContaining({ level: 50, service: 'mail', plugin: 'talker' }),
    ]);
  });

  it('winston gets message, level, fields and the plugin', async () => {
    const memory = new Memory();
    const transports = [new winston.transports.Stream({ stream: memory })];
    expect(await talkInto(winston.createLogger({ level: 'debug', transports }))).toBe('said');
    expect(spoken(memory.json)).toEqual(
      levels.map((level) => ({ level, message: `${level} speaks`, user: 'ada', plugin: 'talker' })),
    );
  });

  it('console gets message and fields', async () => {
    const memory = new Memory();
    expect(await talkInto(new Console(memory))).toBe('said');
    for (const level of levels) {
      expect(memory.text).toContain(`${level} speaks { plugin: 'talker', user: 'ada' }`);
    }
  });
});

describe('a logger that throws', () => {
  const broken = (): never => {
    throw new Error('the disk is full');
  };

  it('harms neither the calls nor the life of a plugin', async () => {
    expect(await talkInto({ debug: broken, info: broken, warn: broken, error: broken })).toBe('said');
  });

  it('harms nothing though it has lost its methods', async () => {
    expect(await talkInto({} as Logger)).toBe('said');
  });
});

describe('a logger with fields', () => {
  it('adds them to every record, and keeps the `this` of the one below', () => {
    const memory = new MemoryLogger();
    withFields(memory, { plugin: 'auth' }).warn('late', { ms: 7 });
    withFields(memory, { plugin: 'auth' }).info('ready');
    expect(memory.records).toEqual([
      { level: 'warn', message: 'late', fields: { plugin: 'auth', ms: 7 } },
      { level: 'info', message: 'ready', fields: { plugin: 'auth' } },
    ]);
  });

  it("does not let a plugin speak under another plugin's name", () => {
    const memory = new MemoryLogger();
    withFields(memory, { plugin: 'weather' }).info('I am the gate', { plugin: 'auth' });
    expect(memory.records[0]?.fields).toEqual({ plugin: 'weather' });
  });

  it('drops fields whose properties throw, not the record', () => {
    const memory = new MemoryLogger();
    const trap = {
      get secret(): never {
        throw new Error('a trap');
      },
    };
    expect(() => withFields(memory, { plugin: 'auth' }).info('said', trap)).not.toThrow();
    expect(memory.records).toEqual([{ level: 'info', message: 'said', fields: { plugin: 'auth' } }]);
  });
});
