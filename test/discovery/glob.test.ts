import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsGlob } from '../../src/discovery/glob.ts';

describe('a glob', () => {
  it.each([
    ['auth-plugin', '*-plugin', true],
    ['auth-plugin-2', '*-plugin', false],
    ['auth', '*', true],
    ['', '*', true],
    ['a/b', '*', false],
    ['a/b', '**', true],
    ['a/b/c', 'a/**', true],
    ['a/b/c', 'a/*', false],
    ['a/b/c', '**/c', true],
    ['c', '**/c', true],
    ['abc', 'a?c', true],
    ['a/c', 'a?c', false],
    ['abc', 'a.c', false],
    ['mail', '{auth,mail}', true],
    ['mail-x', '{auth,mail}-{x,y}', true],
    ['tool', '{auth,mail}', false],
    ['a+b', 'a+b', true],
    ['aaab', 'a*b', true],
    ['axbxb', 'a*b', true],
  ])('of %s and %s: %s', (name, glob, fits) => {
    expect(fitsGlob(name, glob)).toBe(fits);
  });

  it('of nothing but its own letters fits exactly them', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, other) => {
        const plain = other.replaceAll(/[*?{}]/g, '');
        expect(fitsGlob(name, plain)).toBe(name === plain);
      }),
    );
  });

  it('of many stars is answered at once', () => {
    expect(fitsGlob('a'.repeat(5000), `${'*a'.repeat(500)}b`)).toBe(false);
  });
});
