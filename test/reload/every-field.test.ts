import { describe, expect, it } from 'vitest';
import { configModel, valuesOf } from '../support/config-model.ts';
import { echoManager, loadOn } from './echo-host.ts';

type Fields = Readonly<Record<string, unknown>>;

const base = {
  name: 'ada',
  command: 'echo',
  args: ['one'],
  retry: { maxRetries: 0 },
  circuitBreaker: {},
  rateLimit: { requestsPerSecond: 1e6, burstSize: 1e6 },
  concurrency: { maxConcurrent: 50 },
  healthCheck: { intervalMs: 30_000, timeoutMs: 5000 },
  instances: { count: 2 },
  config: { colour: 'red' },
};

/** What each field of a plugin is changed to, and where a report names it if not by its own path. */
const changes: Readonly<Record<string, { to: unknown; with?: Fields; as?: string }>> = {
  type: { to: 'subprocess' },
  priority: { to: 7 },
  version: { to: '^1.0.0' },
  transport: { to: 'worker', with: { command: undefined, args: undefined, file: './echo.js' }, as: 'source' },
  command: { to: 'other', as: 'source.command' },
  file: { to: './other.js', with: { command: undefined, args: undefined }, as: 'source' },
  endpoint: { to: 'localhost:1', with: { command: undefined, args: undefined }, as: 'source' },
  args: { to: ['two'], as: 'source.args' },
  env: { to: { LEVEL: 'loud' }, as: 'source.env.LEVEL' },
  inheritEnv: { to: true, as: 'source.inheritEnv' },
  cwd: { to: '/', as: 'source.cwd' },
  protocol: { to: 'go-plugins', as: 'source.protocol' },
  channel: { to: 'stdio', as: 'source.channel' },
  maxFrameBytes: { to: 2 ** 20, as: 'source.maxFrameBytes' },
  killTimeoutMs: { to: 50, as: 'source.killTimeoutMs' },
  'auth.method': { to: 'custom' },
  'auth.apiKey': { to: 'key' },
  'auth.token': { to: 'token' },
  'auth.username': { to: 'ada' },
  'auth.password': { to: 'word' },
  'auth.certFile': { to: 'cert' },
  'auth.keyFile': { to: 'key' },
  'auth.caFile': { to: 'ca' },
  'auth.headers': { to: { 'x-host': 'me' }, as: 'auth.headers.x-host' },
  'connection.maxConnections': { to: 3 },
  'connection.maxIdleConnections': { to: 2 },
  'connection.idleTimeoutMs': { to: 50 },
  'connection.connectionTimeoutMs': { to: 50 },
  'connection.requestTimeoutMs': { to: 50 },
  'connection.keepAlive': { to: false },
  'connection.disableCompression': { to: false },
  dependencies: { to: ['bob'] },
  labels: { to: { team: 'mail' }, as: 'labels.team' },
  annotations: { to: { note: 'x' }, as: 'annotations.note' },
  timeoutMs: { to: 9000 },
  start: { to: 'lazy' },
  startTimeoutMs: { to: 9000 },
  drainTimeoutMs: { to: 9000 },
  'restart.maxRestarts': { to: 9 },
  'restart.initialDelayMs': { to: 9 },
  'restart.maxDelayMs': { to: 9000 },
  'restart.multiplier': { to: 3 },
  'restart.healthyAfterMs': { to: 9 },
  'retry.maxRetries': { to: 9 },
  'retry.initialDelayMs': { to: 9 },
  'retry.maxDelayMs': { to: 9000 },
  'retry.multiplier': { to: 3 },
  'retry.jitter': { to: 0.5 },
  'retry.attemptTimeoutMs': { to: 9000 },
  'retry.budgetRatio': { to: 1 },
  'circuitBreaker.mode': { to: 'rate' },
  'circuitBreaker.failureThreshold': { to: 9 },
  'circuitBreaker.minRequestThreshold': { to: 9 },
  'circuitBreaker.recoveryTimeoutMs': { to: 9 },
  'circuitBreaker.successThreshold': { to: 9 },
  'circuitBreaker.errorPercentage': { to: 9 },
  'circuitBreaker.windowMs': { to: 900 },
  'rateLimit.requestsPerSecond': { to: 2e6 },
  'rateLimit.burstSize': { to: 2e6 },
  'rateLimit.timeWindowMs': { to: 2000 },
  'rateLimit.onLimit': { to: 'wait' },
  'rateLimit.maxQueue': { to: 9 },
  'concurrency.maxConcurrent': { to: 1 },
  'concurrency.maxQueue': { to: 9 },
  'healthCheck.intervalMs': { to: 9000 },
  'healthCheck.timeoutMs': { to: 900 },
  'healthCheck.failureLimit': { to: 9 },
  'instances.count': { to: 3 },
  'instances.spread': { to: 'weighted' },
  'instances.weights': { to: [1, 2] },
  config: { to: { colour: 'green' }, as: 'settings.config' },
  logLevel: { to: 'error' },
  onFailure: { to: 'closed' },
  hooks: { to: { judge: { priority: 2 } }, as: 'settings.hooks.judge' },
  services: { to: ['clock'] },
};

/** Fields that decide whether there is a plugin at all. */
const presence = ['name', 'enabled'];

/** Every field of a plugin that the schema has, down to its leaves. */
function schemaFields(): string[] {
  const sections = new Map(configModel().map((section) => [section.title, section.fields]));
  const leaves = (title: string, prefix: string): string[] =>
    (sections.get(title) ?? []).flatMap(({ field, section, part }) =>
      section === undefined || part.type === 'array' || valuesOf(part) !== undefined
        ? [prefix + field]
        : leaves(section, `${prefix}${field}.`),
    );
  return leaves('PluginConfig', '');
}

function withField(path: string): Fields {
  const { to, with: more = {} } = changes[path] ?? { to: undefined };
  const [outer = '', inner] = path.split('.');
  const before = (base as Fields)[outer];
  const value = inner === undefined ? to : { ...(typeof before === 'object' ? before : {}), [inner]: to };
  return { ...base, ...more, [outer]: value };
}

function configOf(ada: Fields, strategy: string): object {
  const given = Object.fromEntries(Object.entries(ada).filter(([, value]) => value !== undefined));
  return { reload: { strategy }, plugins: [{ name: 'bob', command: 'echo' }, given] };
}

/** Reloads there and back under load; says which fields the reports named. */
async function reloaded(ada: Fields, strategy: string, steady: readonly string[]) {
  const manager = echoManager();
  await manager.loadFromConfig(configOf(base, strategy));
  const load = loadOn(manager, ['ada', 'bob'], steady);
  const there = await manager.reloadConfig(configOf(ada, strategy));
  const back = await manager.reloadConfig(configOf(base, strategy));
  const { lost, answers } = await load.stop();
  await manager.shutdown();
  expect(lost).toEqual([]);
  expect(answers).toBeGreaterThan(0);
  expect([there.cancelled, back.cancelled]).toEqual([0, 0]);
  return { there, back };
}

describe('a reload under load loses no call', () => {
  it('when any field of the schema changes: the table has them all', () => {
    expect([...presence, ...Object.keys(changes)].toSorted()).toEqual(schemaFields().toSorted());
  });

  describe.each(['graceful', 'rolling', 'recreate'])('%s', (strategy) => {
    it.each(Object.keys(changes))('when %s changes', async (path) => {
      const { there, back } = await reloaded(withField(path), strategy, ['ada', 'bob']);
      const named = new RegExp(`^(settings\\.)?${changes[path]?.as ?? path}`);
      for (const { changed } of [there, back]) {
        expect(changed.map(({ name }) => name)).toEqual(['ada']);
        expect(changed[0]?.fields.map((field) => field.path)).toContainEqual(
          expect.stringMatching(named) as string,
        );
      }
    });

    it('when a plugin is turned off, and when it has another name', async () => {
      const off = await reloaded({ ...base, enabled: false }, strategy, ['bob']);
      expect([off.there.removed, off.back.added]).toEqual([['ada'], ['ada']]);
      const other = await reloaded({ ...base, name: 'eve' }, strategy, ['bob']);
      expect([other.there.removed, other.there.added]).toEqual([['ada'], ['eve']]);
    });
  });
});
