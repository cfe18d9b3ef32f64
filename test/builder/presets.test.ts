import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Development, Production, Simple, type PluginSettings, type Preset } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { hanging } from '../manager/plugins.ts';
import { soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a program that uses a preset prints. */
function run(program: string): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { cwd: root });
}

const hostOf = (preset: string): string => `
  import { ${preset}, definePlugin } from 'plugboard';
  import { inProcess } from 'plugboard/transports';
  const plugin = definePlugin({
    name: 'talker', version: '1.0.0',
    execute: (user, { log }) => log.warn('locked', { user, tries: 3, since: undefined, odd: 1n }),
  });
  const manager = await ${preset}().withPlugin('talker', inProcess(plugin)).build();
  await manager.execute('talker', 'ada');
  await manager.shutdown();
`;

describe.each([
  ['Simple', Simple, 30_000],
  ['Development', Development, 60_000],
  ['Production', Production, 10_000],
])('%s', (_name, preset, timeoutMs) => {
  it(`gives a call ${timeoutMs} ms`, async () => {
    const clock = new ManualClock();
    await using host = await managed(
      preset<string, string>()
        .withLogger(new MemoryLogger())
        .withClock(clock)
        .withPlugin('hanging', inProcess(hanging))
        .build(),
    );
    const call = host.manager.execute('hanging', 'hello');
    clock.advance(timeoutMs - 1);
    expect(await soFar(call)).toBe('waits');
    clock.advance(1);
    await expect(call).rejects.toThrow(`[PLUGIN_1204] plugin 'hanging': no answer within ${timeoutMs} ms.`);
  });
});

describe('the counters', () => {
  it('run with Production, and elsewhere when they are asked for', async () => {
    await using production = await managed(Production<string, string>().build());
    await using simple = await managed(Simple<string, string>().build());
    await using asked = await managed(Simple<string, string>().withMetrics().build());
    expect(production.manager.metrics()?.plugins).toEqual({});
    expect(simple.manager.metrics()).toBeUndefined();
    expect(asked.manager.metrics()?.plugins).toEqual({});
  });
});

describe('the circuit breaker', () => {
  it('is on with Production, and can be turned off for a plugin', async () => {
    const stateOf = async (preset: Preset, settings: PluginSettings<never>): Promise<unknown> => {
      await using host = await managed(
        preset<string, string>()
          .withLogger(new MemoryLogger())
          .withPlugin('hanging', inProcess(hanging), settings)
          .build(),
      );
      return host.manager.getPlugin('hanging')?.instances[0]?.breaker;
    };
    expect(await stateOf(Production, {})).toBe('closed');
    expect(await stateOf(Production, { circuitBreaker: false })).toBeUndefined();
    expect([await stateOf(Simple, {}), await stateOf(Development, {})]).toEqual([undefined, undefined]);
    expect(await stateOf(Simple, { circuitBreaker: {} })).toBe('closed');
  });
});

describe('the log', () => {
  it('of Development is readable lines on stderr', async () => {
    const { stdout, stderr } = await run(hostOf('Development'));
    expect(stdout).toBe('');
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^\[plugboard\] INFO plugin is ready \{plugin=talker\b.*\}$/),
      '[plugboard] WARN locked {plugin=talker, user=ada, tries=3, odd=1}',
      expect.stringMatching(/^\[plugboard\] INFO plugin stopped \{plugin=talker\b.*\}$/),
      '',
    ]);
  });

  it.each(['Simple', 'Production'])('of %s is silent until it is given one', async (preset) => {
    expect(await run(hostOf(preset))).toEqual({ stdout: '', stderr: '' });
  });
});
