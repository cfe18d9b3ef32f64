import { describe, expect, it } from 'vitest';
import { Simple } from 'plugboard';
import { otlpReceiver } from '../support/otlp-receiver.ts';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';

const off = { name: 'off', command: 'off', enabled: false };
const config = (more: object = {}) => ({ plugins: [off], ...more });

/** A host without plugins, and what it logs. */
async function logged(built?: object) {
  const log = new MemoryLogger();
  const builder = Simple<string, string>().withLogger(log);
  const host = await managed((built === undefined ? builder : builder.withConfig(built)).build());
  const warnings = (): string[] =>
    log.records.filter(({ level }) => level === 'warn').map(({ message }) => message);
  return { host, log, warnings };
}

describe('what a running host does not take up of a configuration', () => {
  it('is named in the report and in the log, once', async () => {
    const { host, warnings } = await logged(config());
    await using _ = host;
    const next = config({ tracing: { sample_rate: 0.5 }, reload: { interval: '1m', drain_timeout: '1s' } });
    const report = await host.manager.reloadConfig(next);
    expect(report.atNextStart).toEqual(['tracing', 'reload.intervalMs']);
    expect((await host.manager.reloadConfig(next)).atNextStart).toEqual([]);
    expect(warnings()).toEqual([
      expect.stringMatching(/takes effect at the next start: tracing, reload\.intervalMs\. /) as string,
    ]);
  });

  it('is everything about the host itself where it was not built by a configuration', async () => {
    const { host } = await logged();
    await using _ = host;
    const security = { policy: 'permissive', whitelist_file: './list' };
    const report = await host.manager.loadFromConfig(config({ security, metrics: {} }));
    expect(report.atNextStart).toEqual(['security', 'metrics']);
  });

  it.each([
    [
      { security: { policy: 'audit-only', whitelist_file: 'w', sandbox: true, audit: { enabled: false } } },
      /asks for a sandbox/,
    ],
    [
      {
        security: {
          policy: 'audit-only',
          whitelist_file: 'w',
          level: 'sandboxed',
          audit: { enabled: false },
        },
      },
      /asks for a sandbox/,
    ],
    [{ security: { policy: 'audit-only', whitelist_file: 'w' } }, /security\.audit is on and names no file/],
    [{ limits: { max_memory: '50MB' } }, /limits are not enforced/],
    [{ marketplace: { url: 'https://plugins.example' } }, /marketplace does nothing/],
    [{ data_dir: '/srv/data' }, /data_dir does nothing/],
  ])('is said where nothing fulfils it: %o', async (wish, words) => {
    const { host, warnings } = await logged(config(wish));
    await using _ = host;
    expect(warnings()).toEqual([expect.stringMatching(words)]);
    await host.manager.reloadConfig(config({ ...wish, timeout: '1s' }));
    expect(warnings().length).toBe(1);
  });
});

describe('the log level of a configuration', () => {
  it('is taken up while the host runs', async () => {
    const { host, log } = await logged(config({ log_level: 'error' }));
    await using _ = host;
    await host.manager.reloadConfig(config({ limits: { max_memory: 1 }, log_level: 'error' }));
    expect(log.records).toEqual([]);
    const report = await host.manager.reloadConfig(config({ limits: {}, log_level: 'warn' }));
    expect(report.atNextStart).toEqual(['limits.maxMemoryBytes']);
    expect(log.records.map(({ level }) => level)).toEqual(['warn']);
  });

  it('counts less than the one that code has set', async () => {
    const log = new MemoryLogger();
    const builder = Simple<string, string>().withLogger(log).withLogLevel('error');
    await using host = await managed(builder.withConfig(config({ log_level: 'debug' })).build());
    await host.manager.reloadConfig(config({ marketplace: {} }));
    expect(log.records).toEqual([]);
  });
});

describe('the metrics of a configuration', () => {
  it('are sent to the OTLP receiver that it names', async () => {
    await using receiver = await otlpReceiver();
    const metrics = { otlp: { endpoint: receiver.endpoint } };
    const { host } = await logged(config({ metrics }));
    await host[Symbol.asyncDispose]();
    expect(receiver.posts.map(({ path }) => path)).toEqual(['/v1/metrics']);
  });

  it('are counted where it names no place for them', async () => {
    const { host } = await logged(config({ metrics: {} }));
    await using _ = host;
    expect(host.manager.metrics()).toBeDefined();
  });
});
