import { describe, expect, it } from 'vitest';
import { errorNames, type ErrorCode } from '../../src/core/error-codes.ts';
import { PluginError } from '../../src/core/errors.ts';
import { verdictOf, type Verdict } from '../../src/resilience/breaker.ts';

const ended = (code: string, retryable?: boolean): Verdict =>
  verdictOf(new PluginError(code, { message: 'so it ended', retryable }));

/** Codes that say nothing of the plugin, each with whose doing it is. */
const neutral: Partial<Record<ErrorCode, string>> = {
  PLUGIN_1201: 'there is no such plugin',
  PLUGIN_1206: 'the caller gave up',
  PLUGIN_1207: 'the host is draining it',
  PLUGIN_1208: 'the host is shut down',
  PLUGIN_1209: 'the request breaks the contract',
  PLUGIN_1211: 'it was asked what it does not answer',
  PLUGIN_1212: 'the host sends it too much',
  RPC_2005: 'the request cannot be written',
  RPC_2006: 'the message is too large',
  RPC_2007: 'it asked for a service that the host does not give',
  RATELIMIT_1501: 'there are too many calls',
  // the end of a process is its supervisor's to answer, and says nothing of the process that comes after it
  PLUGIN_1205: 'its process ended',
  RPC_2002: 'it did not start',
  RPC_2003: 'its connection ended',
  REGISTRY_1903: 'it was given up',
  REGISTRY_1907: 'it did not start',
  REGISTRY_1908: 'its program did not start',
};

describe('the verdict on a plugin', () => {
  it('is success when it answered', () => {
    expect(verdictOf(undefined)).toBe('success');
  });

  it.each(Object.entries(neutral))('is neutral after %s: %s', (code) => {
    expect(ended(code)).toBe('neutral');
    expect(ended(code, true)).toBe('neutral');
  });

  it.each(['PLUGIN_1203', 'PLUGIN_1204', 'PLUGIN_1210', 'RPC_2004', 'HEALTH_1601'])(
    'is failure after %s',
    (code) => {
      expect(ended(code)).toBe('failure');
    },
  );

  it('is failure after every other code of the library', () => {
    const codes = Object.keys(errorNames).filter((code) => !Object.hasOwn(neutral, code));
    expect(codes.filter((code) => ended(code, false) !== 'failure')).toEqual([]);
  });

  it("is success after an error of the plugin's own: it works, and says no", () => {
    expect(ended('WRONG_PASSWORD')).toBe('success');
  });

  it("is failure after an error of the plugin's own that may pass", () => {
    expect(ended('DATABASE_AWAY', true)).toBe('failure');
  });
});
