import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/core/units.ts';

describe('a time', () => {
  it.each([
    ['100ms', 100],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['250us', 0.25],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', '-5s', '5 s', 's', '5x', '5S', '1e3s', '5s!', '.5s', 'Infinity', '1s '.repeat(9)])(
    '%o is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it('of more digits than are read stays a number', () => {
    expect(formatDuration(999_999_999_999_999)).toBe('999999999999999ms');
    expect(formatDuration(3_755_874_433_825_005)).toBe(3_755_874_433_825_005);
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat(),
          fc.double({ min: 0 }),
          fc.constantFrom(60_000, 90_000, Infinity, 2 ** 60, 1e15 + 1),
        ),
        (ms) => {
          const text = formatDuration(ms);
          expect(typeof text === 'number' ? text : parseDuration(text)).toBe(ms);
        },
      ),
    );
  });
});

describe('a size', () => {
  it.each([
    ['50MB', 50_000_000],
    ['1GiB', 1_073_741_824],
    ['512KiB', 524_288],
    ['10 kB', 10_000],
    ['1.5MiB', 1_572_864],
    ['7B', 7],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '5', '-5MB', '5mb', '5iB', 'MB', '5MBs'])('%o is none', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(2 ** 20, 5e6)), (bytes) => {
        const text = formatSize(bytes);
        expect(typeof text === 'number' ? text : parseSize(text)).toBe(bytes);
      }),
    );
  });
});
