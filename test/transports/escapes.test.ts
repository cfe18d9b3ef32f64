import { Simple } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { expect, it } from 'vitest';
import { hostProgram } from '../support/host-program.ts';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { fixture } from './subjects.ts';

/** What moves the cursor, ends a line or turns the direction of text. */
const unsafe = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;

const painter = () => subprocess(process.execPath, { args: [fixture('bad/paints-the-terminal.mjs')] });

it('escapes of a plugin reach neither what is seen of it, nor errors, nor the messages of records', async () => {
  const log = new MemoryLogger();
  await using host = await managed(
    Simple<string, string>()
      .withLogger(log)
      .withPlugin('painter', painter(), { restart: { maxRestarts: 0 } })
      .build(),
  );
  const { info, hooks } = host.manager.getPlugin('painter') ?? {};
  const health = await host.manager.health();
  const failed = await host.manager.execute('painter', 'fail').catch((error: unknown) => error);
  const exited = await host.manager.execute('painter', 'exit').catch((error: unknown) => error);
  const texts = [
    info?.name,
    info?.description,
    info?.author,
    ...(info?.capabilities ?? []),
    ...(hooks ?? []),
    health.plugins['painter']?.message,
    ...[failed, exited].map((error) => (error as Error).message),
    ...log.records.map(({ message }) => message),
  ];
  expect(texts.length).toBeGreaterThan(14);
  for (const text of texts) expect(text).not.toMatch(unsafe);
  expect((failed as Error).message).toContain(String.raw`\u001b[2J`);
});

it('no record of a plugin bears another plugin’s name', async () => {
  const log = new MemoryLogger();
  await using host = await managed(
    Simple<string, string>().withLogger(log).withPlugin('painter', painter()).build(),
  );
  await host.manager.execute('painter', 'work');
  await log.until(({ message }) => message.includes('structured'));
  await log.until(({ message }) => message.includes('logged'));
  expect(log.records.map(({ fields }) => fields['plugin'])).toEqual(log.records.map(() => 'painter'));
});

it('nothing a plugin says can paint the terminal on which Development logs', async () => {
  await using host = hostProgram('logs-to-terminal.mjs');
  await host.reported();
  expect(await host.ended).toMatchObject({ exitCode: 0 });
  const lines = host.stderr().trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(8);
  for (const line of lines) {
    expect(line).toMatch(/^\[plugboard\] (DEBUG|INFO|WARN|ERROR) /);
    expect(line).not.toMatch(unsafe);
  }
});
