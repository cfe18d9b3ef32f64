import { describe, expect, it } from 'vitest';
import { Simple, type PluginSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { resolveSettings } from '../../src/config/resolve.ts';
import { loud } from '../manager/plugins.ts';

const resolve = (settings: unknown): unknown => resolveSettings(settings as PluginSettings, 'auth', 10_000);

/** What a value is refused with. */
const refused = (...problems: string[]): object =>
  expect.objectContaining({
    code: 'CONFIG_1703',
    plugin: 'auth',
    context: { problems },
    message:
      `[CONFIG_1703] plugin 'auth': its settings are wrong: ${problems.join('; ')}. ` +
      'The type PluginSettings has each name, unit and range.',
  }) as object;

const names =
  'timeoutMs, start, startTimeoutMs, drainTimeoutMs, reloadCooldownMs, restart, retry, circuitBreaker, rateLimit, concurrency, ' +
  'healthCheck, instances, config, logLevel, priority, onFailure, hooks, services';
const retryNames =
  'maxRetries, initialDelayMs, maxDelayMs, multiplier, jitter, attemptTimeoutMs, budgetRatio';

describe('settings that are not given', () => {
  it('have the defaults that their comments name', () => {
    expect(resolve({})).toEqual({
      timeoutMs: 10_000,
      start: 'eager',
      startTimeoutMs: 30_000,
      drainTimeoutMs: 30_000,
      reloadCooldownMs: 0,
      restart: {
        maxRestarts: 3,
        initialDelayMs: 1000,
        maxDelayMs: 30_000,
        multiplier: 2,
        healthyAfterMs: 30_000,
      },
      retry: expect.objectContaining({ maxRetries: 0 }) as object,
      circuitBreaker: undefined,
      rateLimit: undefined,
      concurrency: undefined,
      healthCheck: undefined,
      instances: { count: 1, spread: 'least-loaded', weights: undefined },
      config: undefined,
      logLevel: undefined,
      priority: 1,
      onFailure: undefined,
      hooks: {},
      services: [],
    });
  });

  it('are filled in beside those that are, also inside a policy', () => {
    expect(resolve({ retry: {} })).toMatchObject({
      retry: {
        maxRetries: 3,
        initialDelayMs: 100,
        maxDelayMs: 5000,
        multiplier: 2,
        jitter: 0.1,
        attemptTimeoutMs: 0,
        budgetRatio: 0.2,
      },
    });
    expect(resolve({ circuitBreaker: {} })).toMatchObject({
      circuitBreaker: {
        mode: 'consecutive',
        failureThreshold: 5,
        minRequestThreshold: 3,
        recoveryTimeoutMs: 30_000,
        successThreshold: 2,
        errorPercentage: 50,
        windowMs: 10_000,
      },
    });
    expect(resolve({ rateLimit: {} })).toMatchObject({
      rateLimit: {
        requestsPerSecond: 10,
        burstSize: 20,
        timeWindowMs: 1000,
        onLimit: 'reject',
        maxQueue: 100,
      },
    });
    expect(resolve({ concurrency: {} })).toMatchObject({
      concurrency: { maxConcurrent: 100, maxQueue: 1000 },
    });
    expect(resolve({ healthCheck: {} })).toMatchObject({
      healthCheck: { intervalMs: 30_000, timeoutMs: 5000, failureLimit: 3 },
    });
    expect(resolve({ restart: { maxRestarts: 0 } })).toMatchObject({
      restart: { maxRestarts: 0, initialDelayMs: 1000 },
    });
  });

  it('are not erased by an explicit undefined', () => {
    const settings = {
      timeoutMs: undefined,
      start: undefined,
      retry: undefined,
      restart: undefined,
      circuitBreaker: undefined,
      instances: undefined,
      services: undefined,
    };
    expect(resolve(settings)).toEqual(resolve({}));
    expect(resolve({ restart: { maxRestarts: undefined } })).toEqual(resolve({}));
  });
});

describe('settings that are given', () => {
  it('win over the defaults', () => {
    const settings = {
      timeoutMs: 5,
      start: 'lazy',
      startTimeoutMs: 6,
      drainTimeoutMs: 0,
      restart: { maxRestarts: 1, initialDelayMs: 2, maxDelayMs: 3, multiplier: 4, healthyAfterMs: 5 },
      retry: { maxRetries: 6, initialDelayMs: 7, maxDelayMs: 8, multiplier: 9, jitter: 1 },
      circuitBreaker: { mode: 'rate', errorPercentage: 10, windowMs: 500 },
      rateLimit: { requestsPerSecond: 0.5, burstSize: 1, onLimit: 'wait' },
      concurrency: { maxConcurrent: 1, maxQueue: 0 },
      healthCheck: { intervalMs: 50, timeoutMs: 50, failureLimit: 1 },
      instances: { count: 2, spread: 'weighted', weights: [1, 3] },
      config: { words: ['spam'] },
      priority: -3,
      onFailure: { closed: 421 },
      hooks: { 'mail.rcptTo': { onFailure: 'open' } },
      services: ['lookup'],
    };
    expect(resolve(settings)).toMatchObject(settings);
  });

  it('may be without an end, for the time of a call', () => {
    expect(resolve({ timeoutMs: Infinity })).toMatchObject({ timeoutMs: Infinity });
  });

  it("mean the manager's time-out with 0", () => {
    expect(resolve({ timeoutMs: 0 })).toMatchObject({ timeoutMs: 10_000 });
  });

  it('turn a policy off with false', () => {
    const off = {
      retry: false,
      circuitBreaker: false,
      rateLimit: false,
      concurrency: false,
      healthCheck: false,
    };
    expect(resolve(off)).toEqual(resolve({}));
  });

  it('may say the number of instances alone', () => {
    expect(resolve({ instances: 3 })).toMatchObject({ instances: { count: 3, spread: 'least-loaded' } });
  });

  it('hand over the config as it is, the same object', () => {
    const config = { nested: { words: ['spam'] } };
    expect((resolve({ config }) as { config: unknown }).config).toBe(config);
  });
});

describe('a wrong value', () => {
  const tooSmall = (path: string, found: string, least: string | number = 0): string =>
    `${path}: Too small: expected number to be >=${least}, found ${found}`;
  const noNumber = (path: string, received: string, found: string): string =>
    `${path}: Invalid input: expected number, received ${received}, found ${found}`;

  it.each([
    [{ timeoutMs: -1 }, 'timeoutMs: must be a number of at least 0, found -1'],
    [{ timeoutMs: NaN }, 'timeoutMs: must be a number of at least 0, found NaN'],
    [{ timeoutMs: '500' }, "timeoutMs: must be a number of at least 0, found '500'"],
    [{ timeoutMs: 5n }, 'timeoutMs: must be a number of at least 0, found 5n'],
    [{ timeoutMs: null }, 'timeoutMs: must be a number of at least 0, found null'],
    [{ drainTimeoutMs: '\u001b[2J' }, noNumber('drainTimeoutMs', 'string', "'\\x1B[2J'")],
    [{ start: 'later' }, 'start: Invalid option: expected one of "eager"|"lazy", found \'later\''],
    [{ startTimeoutMs: 0 }, tooSmall('startTimeoutMs', '0', 1)],
    [{ startTimeoutMs: {} }, noNumber('startTimeoutMs', 'object', '{}')],
    [{ drainTimeoutMs: -5 }, tooSmall('drainTimeoutMs', '-5')],
    [{ restart: { maxRestarts: -1 } }, tooSmall('restart.maxRestarts', '-1')],
    [
      { restart: { maxRestarts: 1.5 } },
      'restart.maxRestarts: Invalid input: expected int, received number, found 1.5',
    ],
    [{ restart: { initialDelayMs: -1 } }, tooSmall('restart.initialDelayMs', '-1')],
    [{ restart: { maxDelayMs: NaN } }, noNumber('restart.maxDelayMs', 'NaN', 'NaN')],
    [{ restart: { multiplier: 0.5 } }, tooSmall('restart.multiplier', '0.5', 1)],
    [{ restart: { healthyAfterMs: -1 } }, tooSmall('restart.healthyAfterMs', '-1')],
    [{ restart: true }, 'restart: Invalid input: expected object, received boolean, found true'],
    [{ retry: { maxRetries: -1 } }, tooSmall('retry.maxRetries', '-1')],
    [{ retry: { initialDelayMs: -1 } }, tooSmall('retry.initialDelayMs', '-1')],
    [{ retry: { maxDelayMs: -1 } }, tooSmall('retry.maxDelayMs', '-1')],
    [{ retry: { multiplier: 0 } }, tooSmall('retry.multiplier', '0', 1)],
    [{ retry: { jitter: -0.1 } }, tooSmall('retry.jitter', '-0.1')],
    [{ retry: { jitter: 1.5 } }, 'retry.jitter: Too big: expected number to be <=1, found 1.5'],
    [{ retry: { attemptTimeoutMs: -1 } }, tooSmall('retry.attemptTimeoutMs', '-1')],
    [{ retry: { budgetRatio: -1 } }, tooSmall('retry.budgetRatio', '-1')],
    [{ retry: 3 }, 'retry: Invalid input: expected object, received number, found 3'],
    [
      { circuitBreaker: { mode: 'fast' } },
      'circuitBreaker.mode: Invalid option: expected one of "consecutive"|"rate", found \'fast\'',
    ],
    [{ circuitBreaker: { failureThreshold: 0 } }, tooSmall('circuitBreaker.failureThreshold', '0', 1)],
    [
      { circuitBreaker: { errorPercentage: 101 } },
      'circuitBreaker.errorPercentage: Too big: expected number to be <=100, found 101',
    ],
    [
      { rateLimit: { requestsPerSecond: 0 } },
      'rateLimit.requestsPerSecond: Too small: expected number to be >0, found 0',
    ],
    [{ rateLimit: { burstSize: 0 } }, tooSmall('rateLimit.burstSize', '0', 1)],
    [{ concurrency: { maxConcurrent: 0 } }, tooSmall('concurrency.maxConcurrent', '0', 1)],
    [
      { healthCheck: { intervalMs: 10, timeoutMs: 20 } },
      'healthCheck.timeoutMs: must not be longer than intervalMs, found { intervalMs: 10, timeoutMs: 20, failureLimit: 3 }',
    ],
    [{ instances: 0 }, tooSmall('instances.count', '0', 1)],
    [
      { instances: { count: 2, weights: [1] } },
      "instances.weights: must have one for each instance, found { count: 2, spread: 'least-loaded', weights: [Array] }",
    ],
    [{ services: 'lookup' }, "services: Invalid input: expected array, received string, found 'lookup'"],
    [{ services: [7] }, 'services.0: Invalid input: expected string, received number, found 7'],
    [null, 'settings: Invalid input: expected object, received null, found null'],
    ['lazy', "settings: Invalid input: expected object, received string, found 'lazy'"],
  ])('such as %o is refused by name, range and value', (settings, problem) => {
    expect(() => resolve(settings)).toThrow(refused(problem));
  });

  it('is said beside every other', () => {
    const settings = { timeoutMs: -1, retry: { jitter: 2, maxRetry: 1 } };
    expect(() => resolve(settings)).toThrow(
      refused(
        'timeoutMs: must be a number of at least 0, found -1',
        'retry.jitter: Too big: expected number to be <=1, found 2',
        `retry: Unrecognized key: "maxRetry"; there are: ${retryNames}`,
      ),
    );
  });
});

describe('an unknown setting', () => {
  it.each([
    [{ timeout: 5 }, `settings: Unrecognized key: "timeout"; there are: ${names}`],
    [{ TimeoutMs: 5, b: 1 }, `settings: Unrecognized keys: "TimeoutMs", "b"; there are: ${names}`],
    [{ 'a\nb': 5 }, `settings: Unrecognized key: "a\\u000ab"; there are: ${names}`],
    [{ constructor: 1 }, `settings: Unrecognized key: "constructor"; there are: ${names}`],
    [
      { restart: { retries: 1 } },
      'restart: Unrecognized key: "retries"; there are: maxRestarts, initialDelayMs, maxDelayMs, multiplier, healthyAfterMs',
    ],
    [{ retry: { maxRetry: 1 } }, `retry: Unrecognized key: "maxRetry"; there are: ${retryNames}`],
    [{ concurrency: { max: 1 } }, 'concurrency: Unrecognized key: "max"; there are: maxConcurrent, maxQueue'],
  ])('such as in %o is refused by its name, with those that there are', (settings, problem) => {
    expect(() => resolve(settings)).toThrow(refused(problem));
  });
});

describe('wrong settings', () => {
  it('fail the build, and a later register', async () => {
    const builder = Simple<string, string>().withPlugin('auth', inProcess(loud), { timeoutMs: -1 });
    await expect(builder.build()).rejects.toThrow(
      "[CONFIG_1703] plugin 'auth': its settings are wrong: timeoutMs:",
    );
    const manager = await Simple<string, string>().build();
    const settings = { timeout: 5 } as PluginSettings;
    await expect(manager.register('auth', inProcess(loud), settings)).rejects.toMatchObject({
      code: 'CONFIG_1703',
    });
    expect(manager.has('auth')).toBe(false);
    await manager.shutdown();
  });
});
