import { describe, expect, it } from 'vitest';
import { ownCopy } from '../../src/core/own-copy.ts';

describe('an own copy', () => {
  it('is of plain data, at every depth', () => {
    const given = { a: [{ b: 1 }], c: JSON.parse('{"__proto__":{"d":2}}') as object };
    const copy = ownCopy(given);
    expect(copy).toEqual(given);
    expect(Object.getPrototypeOf(copy.c)).toBe(Object.prototype);
    given.a[0] = { b: 3 };
    expect(copy.a).toEqual([{ b: 1 }]);
  });

  it('keeps what is no plain data as it is', () => {
    const kept = [new Date(0), () => 1, new Map(), null, undefined, 'text', Symbol('s')];
    for (const [at, value] of ownCopy(kept).entries()) expect(value).toBe(kept[at]);
  });

  it('may contain itself', () => {
    const given: { self?: object } = {};
    given.self = given;
    const copy = ownCopy(given);
    expect(copy).not.toBe(given);
    expect(copy.self).toBe(copy);
  });

  it('of what cannot be read is that itself', () => {
    const given = {
      get broken(): never {
        throw new Error('no');
      },
    };
    expect(ownCopy(given)).toBe(given);
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    expect(ownCopy(deep)).toBe(deep);
  });
});
