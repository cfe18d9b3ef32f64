import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretKey, redact, redacted, redactText } from '../../src/core/redact.ts';

describe('redact', () => {
  it.each([
    'password',
    'DB_PASSWORD',
    'apiKey',
    'X-Api-Key',
    'accessToken',
    'Set-Cookie',
    'client_secret',
    'pwd',
    'pin',
  ])('masks what stands under %s', (key) => {
    expect(redact({ at: [{ [key]: 'hunter2' }] })).toEqual({ at: [{ [key]: redacted }] });
  });

  it.each(['passed', 'author', 'keyboard', 'plugin', 'pinned', 'auth', 'key'])(
    'lets what stands under %s be',
    (key) => {
      expect(isSecretKey(key)).toBe(false);
    },
  );

  it('masks numbers, objects and lists under such a key, but not flags and nothings', () => {
    expect(redact({ password: 1234, token: { a: 1 }, secrets: ['a'] })).toEqual({
      password: redacted,
      token: redacted,
      secrets: redacted,
    });
    expect(redact({ hasToken: true, token: null })).toEqual({ hasToken: true, token: null });
  });

  it.each([
    ['Authorization: Bearer abc.def-123', 'abc.def'],
    ['{"Authorization":"Digest hunter2"}', 'hunter2'],
    ['said basic dXNlcjpwYXNz to it', 'dXNlcjpwYXNz'],
    ['redis://ada:hunter2@cache:6379/0', 'hunter2'],
    ['https://ada:hun/ter2@host, https://token@host', 'token@'],
    ['GET /?user=ada&api_key=hunter2&x=1', 'hunter2'],
    ['{"password":"hunter2"}', 'hunter2'],
    ['password = hunter2;', 'hunter2'],
    [String.raw`the body was {\"password\":\"hunter2\"}`, 'hunter2'],
    ['mysql --user ada --db-password hunter2 app', 'hunter2'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'eyJz'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIhunter2\n-----END RSA PRIVATE KEY-----', 'hunter2'],
    ['ghp_0123456789abcdefghij', '0123456789'],
  ])('masks the secret in the text %s', (text, secret) => {
    expect(redactText(text)).not.toContain(secret);
    expect(redactText(text)).toContain(redacted);
  });

  it.each([
    'plugin auth started',
    'https://example.org/a?b=1',
    'sha256:abcdef',
    'mail ada@example.org',
    'basic plan: digest mismatch',
  ])('lets the text %s be', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('makes any value plain JSON', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const hostile = {
      get a(): never {
        throw new Error('no');
      },
    };
    expect(
      redact({ circle, hostile, at: new Date(0), error: new TypeError('bad'), big: 1n, not: NaN }),
    ).toEqual({
      circle: { self: '[circular]' },
      hostile: '[unreadable]',
      at: '1970-01-01T00:00:00.000Z',
      error: 'TypeError: bad',
      big: '1',
      not: 'NaN',
    });
    expect(redact([new Map([['password', 'x']]), new Set([1]), Buffer.from('abc'), () => 1])).toEqual([
      { password: redacted },
      [1],
      '[3 bytes]',
      '[function]',
    ]);
  });

  it('keeps a __proto__ key a plain key', () => {
    const copied = redact(JSON.parse('{"__proto__":{"admin":true}}')) as object;
    expect(Object.keys(copied)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(copied)).toBe(Object.prototype);
  });

  it('stays small whatever it is given', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`k${at}`, at]));
    expect(JSON.stringify(redact([deep, wide, 'x'.repeat(1_000_000)])).length).toBeLessThan(50_000);
  });

  it('never throws, and what it gives can be written and read', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        (value) => {
          const text = JSON.stringify({ value: redact(value) });
          expect(JSON.stringify(JSON.parse(text))).toBe(text);
        },
      ),
    );
  });
});
