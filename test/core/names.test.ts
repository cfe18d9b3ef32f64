import { describe, expect, it } from 'vitest';
import { checkPluginName, isSemver } from '../../src/core/names.ts';

describe("a plugin's name", () => {
  it.each(['a', '7', 'auth', 'backup-auth', 'a.b_c-d', 'A1_', 'x-', 'a'.repeat(64)])('may be %s', (name) => {
    expect(() => checkPluginName(name)).not.toThrow();
  });

  it.each([
    '',
    ' ',
    '.',
    '..',
    '-a',
    '--help',
    '_a',
    'a.',
    'a..b',
    '../auth',
    'a/b',
    'a\\b',
    'a b',
    'a\n',
    'a\0',
    '$(id)',
    'ä',
    'a'.repeat(65),
  ])('may not be %j', (name) => {
    expect(() => checkPluginName(name)).toThrow(expect.objectContaining({ code: 'PLUGIN_1001' }));
  });

  it.each([undefined, null, 7, {}, ['auth'], Symbol('auth')])(
    'may not be something else than text: %s',
    (name) => {
      expect(() => checkPluginName(name)).toThrow(expect.objectContaining({ code: 'PLUGIN_1001' }));
    },
  );

  it('is shown safely and with the rule when it is refused', () => {
    expect(() => checkPluginName('\u001b[2J')).toThrow(
      "[PLUGIN_1001] '\\u001b[2J' cannot be a plugin's name. Use 1 to 64 letters, digits, and . _ - inside; " +
        'it begins with a letter or digit and has no two dots in a row.',
    );
  });
});

describe('a version', () => {
  it.each(['0.0.0', '1.0.0', '1.2.3-rc.1', '1.0.0-0A.is.legal', '1.0.0+build.7', '10.20.30-a.b-c+d.e'])(
    'may be %s',
    (version) => expect(isSemver(version)).toBe(true),
  );

  it.each(['', '1', '1.0', 'v1.0.0', '01.0.0', '1.0.0-', '1.0.0-01', '1.0.0+', ' 1.0.0', '1.0.0\n', 1, null])(
    'may not be %j',
    (version) => expect(isSemver(version)).toBe(false),
  );

  it('is judged at once however long it is', () => {
    expect(isSemver(`1.0.0-${'a-'.repeat(1_000_000)}!`)).toBe(false);
    expect(isSemver(`1.0.0-${'a'.repeat(300)}`)).toBe(false);
  });
});
