import { describe, expect, it } from 'vitest';
import { diffConfig, type ConfigDiff } from '../../src/config/diff.ts';
import { resolveConfig } from '../../src/config/parse.ts';
import { printDiff } from '../../src/config/print-diff.ts';

const diff = (before: object, after: object): ConfigDiff =>
  diffConfig(resolveConfig(before, { env: {} }), resolveConfig(after, { env: {} }));

const base = { name: 'auth', command: './auth' };
const change = (fields: object): ConfigDiff['changed'] =>
  diff({ plugins: [base] }, { plugins: [{ ...base, ...fields }] }).changed;

describe('a change of one field of a plugin', () => {
  it.each([
    [{ timeout: '5s' }, 'settings.timeoutMs'],
    [{ retry: { max_retries: 2 } }, 'settings.retry.maxRetries'],
    [{ circuit_breaker: {} }, 'settings.circuitBreaker'],
    [{ rate_limit: { burst_size: 5 } }, 'settings.rateLimit'],
    [{ concurrency: {} }, 'settings.concurrency'],
    [{ health_check: { interval: '1m' } }, 'settings.healthCheck'],
    [{ restart: { max_restarts: 9 } }, 'settings.restart.maxRestarts'],
    [{ drain_timeout: 0 }, 'settings.drainTimeoutMs'],
    [{ reload_cooldown: '1m' }, 'settings.reloadCooldownMs'],
    [{ config: { words: ['spam'] } }, 'settings.config'],
    [{ priority: 5 }, 'settings.priority'],
    [{ on_failure: 'closed' }, 'settings.onFailure'],
    [{ hooks: { 'mail.rcptTo': { on_failure: { closed: 421 } } } }, 'settings.hooks.mail.rcptTo'],
    [{ labels: { team: 'mail' } }, 'labels.team'],
    [{ dependencies: ['other'] }, 'dependencies'],
  ])('such as %o is made in place', (fields, path) => {
    expect(change(fields)).toEqual([
      { name: 'auth', structural: false, fields: [expect.objectContaining({ path }) as object] },
    ]);
  });

  it.each([
    [{ command: './other' }, 'source.command'],
    [{ args: ['-v'] }, 'source.args'],
    [{ env: { A: 'x' } }, 'source.env.A'],
    [{ work_dir: '/tmp' }, 'source.cwd'],
    [{ inherit_env: true }, 'source.inheritEnv'],
    [{ instances: 2 }, 'settings.instances.count'],
    [{ services: ['lookup'] }, 'settings.services'],
    [{ auth: { method: 'custom' } }, 'auth.method'],
    [{ connection: { keep_alive: false } }, 'connection.keepAlive'],
    [{ version: '^1.0.0' }, 'version'],
    [{ type: 'filter' }, 'type'],
  ])('such as %o needs a new instance', (fields, path) => {
    expect(change(fields)).toEqual([
      { name: 'auth', structural: true, fields: [expect.objectContaining({ path }) as object] },
    ]);
  });

  it('such as a default changes every plugin that has it', () => {
    const plugins = ['a', { name: 'b', timeout: '1s' }];
    const { changed, host } = diff({ plugins }, { plugins, timeout: '20s' });
    expect(changed.map(({ name }) => name)).toEqual(['a']);
    expect(host.map(({ path }) => path)).toEqual(['timeoutMs', 'defaults.timeoutMs']);
  });
});

describe('a plugin', () => {
  it('that is disabled is one that is not there', () => {
    const off = { ...base, enabled: false };
    expect(diff({ plugins: [base, 'b'] }, { plugins: [off, 'b'] })).toMatchObject({
      removed: ['auth'],
      unchanged: ['b'],
    });
    expect(diff({ plugins: [off, 'b'] }, { plugins: [base, 'b'] })).toMatchObject({
      added: ['auth'],
      unchanged: ['b'],
    });
    expect(diff({ plugins: [off, 'b'] }, { plugins: ['b'] })).toMatchObject({
      added: [],
      removed: [],
      changed: [],
    });
  });
});

describe('a plan', () => {
  it('says each plugin and field, what it was and what it will be', () => {
    const before = { plugins: [base, 'gone', { name: 'same' }], log_level: 'info' };
    const after = {
      plugins: [{ ...base, args: ['-v'], timeout: '5s' }, { name: 'same' }, 'new'],
      log_level: 'debug',
    };
    expect(printDiff(diff(before, after)).split('\n')).toEqual([
      '+ new',
      '- gone',
      '~ auth (new instance)',
      "    source.args: [] -> [ '-v' ] (new instance)",
      '    settings.timeoutMs: 30000 -> 5000',
      '~ the host',
      "    logLevel: 'info' -> 'debug'",
      '1 to start, 1 to change, 1 to stop, 1 as before',
    ]);
  });

  it('masks what is secret by its name, also deep inside', () => {
    const text = printDiff(
      diff({ plugins: [base] }, { plugins: [{ ...base, config: { db: { password: 'geheim' } } }] }),
    );
    expect(text).toContain("{ db: { password: '[redacted]' } }");
  });
});
