import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPluginError } from 'plugboard';
import { parseConfig, type ConfigFormat } from '../../src/config/parse.ts';

const formats = ['yaml', 'json', 'toml'] as const;

/** Whatever a text holds, there is a configuration or a coded error. */
function survives(text: string, format: ConfigFormat): void {
  try {
    parseConfig(text, { format, env: { A: 'x' } });
  } catch (error) {
    if (!isPluginError(error) || !/^CONFIG_170[23]$/.test(error.code)) throw error;
  }
}

const pieces = [
  'plugins',
  'name',
  'retry',
  'a',
  'enabled',
  'defaults',
  '__proto__',
  'constructor',
  'env',
  'executor',
  '<<',

  ': ',
  ':',
  ' ',
  '\n',
  '\n  ',
  '\n    ',
  '- ',
  '? ',
  '[',
  ']',
  '{',
  '}',
  ',',
  '"',
  "'",
  '#',
  '\t',
  '\r\n',
  '\\',

  '&a ',
  '*a',
  '!!str ',
  '!',
  '|\n',
  '>-\n',
  '---\n',
  '...\n',
  '%YAML 1.2\n',
  '\u0000',
  '\uFEFF',
  '\u2028',
  '\uD800',

  '=',
  ' = ',
  '[[',
  ']]',
  '.',
  '"""',
  "'''",
  '1',
  '-1',
  '1e999',
  '.inf',
  'nan',
  '2020-01-01',
  'true',
  'null',
  '0x',

  '${A}',
  '${',
  '${A:-',
  '${file:/dev/zero}',
  '$${',
  '30s',
  '50MB',
];
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(''));

describe.each(formats)('a file of %s, whatever it holds,', (format) => {
  it('never throws what is not a coded error', () => {
    fc.assert(
      fc.property(soup, (text) => survives(text, format)),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => survives(text, format)),
      { numRuns: 1000 },
    );
  });

  it('is refused or read when one piece is there as often as fits into 1 MiB', () => {
    const texts = pieces.map((piece) => piece.repeat(Math.floor(2 ** 20 / piece.length)));
    expect(() => texts.forEach((text) => survives(text, format))).not.toThrow();
  }, 120_000);
});

describe('keys that mean something to JavaScript', () => {
  it.each(['__proto__', 'constructor', 'toString'])('such as %s are keys like others', (key) => {
    const text = JSON.stringify({ plugins: [{ name: 'a', config: {} }] }).replace(
      '{}',
      `{"${key}":{"polluted":1}}`,
    );
    const [plugin] = parseConfig(text, { format: 'json', env: {} }).plugins;
    expect(Object.entries(plugin?.settings.config as object)).toEqual([[key, { polluted: 1 }]]);
    expect('polluted' in {}).toBe(false);
  });
});
