import { expect, it } from 'vitest';
import { nearest } from '../../src/core/nearest.ts';

it.each([
  ['max_retrys', 'max_retries'],
  ['maxRetries', 'max_retries'],
  ['comand', 'command'],
  ['TIMEOUT', 'timeout'],
  ['tiemout', 'timeout'],
  ['xyzzy', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
])('the name that %s probably meant is %s', (name, meant) => {
  expect(nearest(name, ['timeout', 'command', 'max_retries'])).toBe(meant);
});
