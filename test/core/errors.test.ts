import { describe, expect, it } from 'vitest';
import { describeCode, isPluginError, PluginError } from 'plugboard';
import { messageOf } from '../../src/core/errors.ts';

const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('a trap');
    },
  },
);

describe('PluginError', () => {
  it('says its code, its plugin, its hook and what happened, in that order', () => {
    const place = { plugin: 'auth', hook: 'mail.rcptTo' };
    const error = new PluginError('PLUGIN_1204', { ...place, message: 'too late. Wait longer.' });
    expect(error.message).toBe("[PLUGIN_1204] plugin 'auth', hook 'mail.rcptTo': too late. Wait longer.");
    expect(error.rawMessage).toBe('too late. Wait longer.');
    expect(error).toMatchObject({ name: 'PluginError', code: 'PLUGIN_1204', ...place });
  });

  it('leaves out what is not known, and the one hook of a single-question contract', () => {
    expect(new PluginError('PLUGIN_1208', { message: 'over.' }).message).toBe('[PLUGIN_1208] over.');
    const single = new PluginError('PLUGIN_1204', { plugin: 'auth', hook: 'execute', message: 'late.' });
    expect(single.message).toBe("[PLUGIN_1204] plugin 'auth': late.");
    expect(single.hook).toBe('execute');
  });

  it('is retryable and severe as its code says, unless it is told otherwise', () => {
    const ended = new PluginError('PLUGIN_1205', { message: 'm' });
    expect(ended).toMatchObject({ retryable: true, severity: 'error' });
    expect(new PluginError('PLUGIN_1204', { message: 'm' })).toMatchObject({
      retryable: false,
      severity: 'warning',
    });
    expect(new PluginError('PLUGIN_1205', { message: 'm', retryable: false }).retryable).toBe(false);
  });

  it("takes a plugin's own code for a failed execution", () => {
    expect(new PluginError('USER_LOCKED', { message: 'm' })).toMatchObject({
      code: 'USER_LOCKED',
      retryable: false,
      severity: 'error',
    });
    expect(describeCode('USER_LOCKED').name).toBe('ExecutionFailed');
    expect(describeCode('toString').name).toBe('ExecutionFailed');
  });

  it('carries its cause, its context and when to come back', () => {
    const cause = new Error('why');
    const error = new PluginError('PLUGIN_1205', {
      message: 'm',
      cause,
      context: { exitCode: 3 },
      retryAfterMs: 250,
    });
    expect(error).toMatchObject({ cause, context: { exitCode: 3 }, retryAfterMs: 250 });
    expect(new PluginError('PLUGIN_1205', { message: 'm' }).context).toEqual({});
    expect('cause' in new PluginError('PLUGIN_1205', { message: 'm' })).toBe(false);
  });

  it('shows no brand to those who print or copy it', () => {
    const error = new PluginError('PLUGIN_1205', { message: 'm' });
    expect(Object.getOwnPropertySymbols(Object.assign({}, error))).toEqual([]);
  });
});

describe('isPluginError and instanceof', () => {
  it('hold for a PluginError and for nothing else', () => {
    const error: unknown = new PluginError('PLUGIN_1205', { message: 'm' });
    expect(isPluginError(error)).toBe(true);
    expect(error instanceof PluginError).toBe(true);
    const others = [new Error('PLUGIN_1205'), { code: 'PLUGIN_1205' }, 'PLUGIN_1205', null, undefined, 1];
    expect(others.filter((other) => isPluginError(other) || other instanceof PluginError)).toEqual([]);
  });

  it('are not brought down by an object whose properties throw', () => {
    expect(isPluginError(hostile)).toBe(false);
    expect(hostile instanceof PluginError).toBe(false);
  });
});

describe('PluginError.from', () => {
  it('wraps a foreign error under the code and place given, with the error as cause', () => {
    const thrown = new TypeError('no such user');
    const error = PluginError.from(thrown, 'PLUGIN_1203', { plugin: 'auth', hook: 'login' });
    expect(error.message).toBe("[PLUGIN_1203] plugin 'auth', hook 'login': no such user");
    expect(error.cause).toBe(thrown);
  });

  it('gives a PluginError back as it is', () => {
    const error = new PluginError('PLUGIN_1205', { plugin: 'auth', message: 'm' });
    expect(PluginError.from(error, 'PLUGIN_1203')).toBe(error);
    expect(PluginError.from(error, 'PLUGIN_1203', { plugin: 'other' })).toBe(error);
  });

  it('fills in the plugin and the hook that a PluginError lacks, and keeps the rest', () => {
    const bare = new PluginError('USER_LOCKED', {
      message: 'locked',
      retryable: true,
      retryAfterMs: 40,
      context: { user: 'ada' },
    });
    const error = PluginError.from(bare, 'PLUGIN_1203', { plugin: 'auth', hook: 'login' });
    expect(error.message).toBe("[USER_LOCKED] plugin 'auth', hook 'login': locked");
    expect(error).toMatchObject({ retryable: true, retryAfterMs: 40, context: { user: 'ada' }, cause: bare });
  });

  it.each([
    ['a string', 'no such user', 'no such user'],
    ['a number', 42, '42'],
    ['a bigint', 42n, '42'],
    ['a symbol', Symbol('why'), 'something without a message was thrown'],
    ['undefined', undefined, 'something without a message was thrown'],
    ['null', null, 'something without a message was thrown'],
    ['an empty string', '', 'something without a message was thrown'],
    ['an object without a message', { code: 1 }, 'something without a message was thrown'],
    ['an error whose message is empty', new Error(''), 'something without a message was thrown'],
    ['an object whose properties throw', hostile, 'something without a message was thrown'],
    ['a message that is a number', { message: 7 }, '7'],
    ['a message with terminal escapes', new Error('\u001b[31mred\n'), '\\u001b[31mred\\u000a'],
  ])('makes a printable message of %s', (_what, thrown, message) => {
    expect(PluginError.from(thrown, 'PLUGIN_1203').rawMessage).toBe(message);
  });

  it('cuts a message that would fill the log', () => {
    expect(messageOf(new Error('x'.repeat(100_000)))).toBe(`${'x'.repeat(2000)}…`);
  });
});
