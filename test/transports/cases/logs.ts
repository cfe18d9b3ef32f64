import { expect } from 'vitest';
import type { LogRecord, MemoryLogger } from '../../support/memory-logger.ts';
import type { Case, Host } from '../behaviour.ts';

/** The first record with a text in its message. */
function saying(log: MemoryLogger, text: string): Promise<LogRecord> {
  return log.until(({ message }) => message.includes(text));
}

async function expectPrinted({ ask, log }: Host, stream: 'stdout' | 'stderr'): Promise<void> {
  const calls = [1, 2, 3].map((at) => ask('print', { stream, text: `printed ${at} on ${stream}\n` }));
  await Promise.all(calls);
  expect(await saying(log, `printed 3 on ${stream}`)).toMatchObject({
    level: 'info',
    fields: { plugin: 'subject', stream: expect.stringMatching(/^std(out|err)$/) as string },
  });
  await ask('print', { stream, text: `{"level":50,"msg":"structured on ${stream}","code":7}\n` });
  expect(await saying(log, `structured on ${stream}`)).toMatchObject({
    level: 'error',
    fields: { plugin: 'subject', code: 7 },
  });
}

/** What reaches the log of the host. */
export const logCases: readonly Case[] = [
  {
    name: 'its log records arrive with its name and their level',
    async run({ ask, log }) {
      for (const level of ['debug', 'info', 'warn', 'error'] as const) {
        await ask('log', { level, message: `said as ${level}`, fields: { mailbox: 'ada', size: 3 } });
        expect(await saying(log, `said as ${level}`)).toMatchObject({
          level,
          message: `said as ${level}`,
          fields: { plugin: 'subject', mailbox: 'ada', size: 3 },
        });
      }
    },
  },
  {
    name: 'what logs without end in one turn answers, that call and the next',
    own: {},
    async run({ ask }) {
      const answers = [ask('logOften', { times: 20_000 }), ask('echo', { value: 'beside' })];
      expect(await Promise.all(answers)).toEqual([20_000, 'beside']);
    },
  },
  ...(['stdout', 'stderr'] as const).map((stream): Case => ({
    name: `what it prints on ${stream} arrives as a record`,
    run: (host) => expectPrinted(host, stream),
  })),
  {
    name: 'what it prints at its end arrives, more than a pipe holds',
    own: {},
    async run({ ask, log, shutdown }) {
      const line = `${'x'.repeat(999)}\n`;
      await ask('printAtTheEnd', { text: line.repeat(900) });
      await shutdown();
      expect(log.named(line.trimEnd())).toHaveLength(900);
    },
  },
];
