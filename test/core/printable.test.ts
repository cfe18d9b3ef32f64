import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/core/printable.ts';

describe('printable text', () => {
  it('is what it was where it was harmless', () => {
    expect(printable('naïve 漢字 🐑 {"a":1}')).toBe('naïve 漢字 🐑 {"a":1}');
  });

  it.each([
    ['a newline', 'a\nb', 'a\\u000ab'],
    ['a carriage return', 'a\rb', 'a\\u000db'],
    ['a terminal escape', '\u001b[2J', '\\u001b[2J'],
    ['a C1 control', '\u009b2J', '\\u009b2J'],
    ['a NUL', '\0', '\\u0000'],
    ['a line separator', '\u2028', '\\u2028'],
    ['a direction override', 'exe.\u202etxt', 'exe.\\u202etxt'],
    ['a direction isolate', '\u2066a', '\\u2066a'],
  ])('shows %s instead of obeying it', (_what, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('is cut at its limit, with a mark that it was', () => {
    expect(printable('abcdef', 3)).toBe('abc…');
    expect(printable('abc', 3)).toBe('abc');
    expect(printable('x'.repeat(501))).toHaveLength(501);
  });

  it('never holds a control character, whatever comes in', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 200 });
    const isHarmless = fc.property(anyText, (text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(printable(text)));
    expect(fc.check(isHarmless)).toMatchObject({ failed: false });
  });
});
