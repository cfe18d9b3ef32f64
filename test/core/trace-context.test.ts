import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent } from '../../src/core/trace-context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

it('a traceparent is read, whatever its flags and its version', () => {
  const ids = { traceId, spanId };
  expect(parseTraceparent(`00-${traceId}-${spanId}-01`)).toEqual({ ...ids, sampled: true });
  expect(parseTraceparent(`00-${traceId}-${spanId}-02`)).toEqual({ ...ids, sampled: false });
  expect(parseTraceparent(`cc-${traceId}-${spanId}-03-what-comes-later`)).toEqual({ ...ids, sampled: true });
});

it.each([
  '',
  'x',
  `00-${traceId}-${spanId}`,
  `00-${traceId}-${spanId}-01-more`,
  `ff-${traceId}-${spanId}-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  ` 00-${traceId}-${spanId}-01`,
])('one that the standard calls invalid is none: %s', (text) => {
  expect(parseTraceparent(text)).toBeUndefined();
});

it('what is written is read', () => {
  const hex = (length: number) => fc.stringMatching(new RegExp(`^[1-9a-f][0-9a-f]{${length - 1}}$`));
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (trace, span, sampled) => {
      const ids = { traceId: trace, spanId: span, sampled };
      expect(parseTraceparent(formatTraceparent(ids))).toEqual(ids);
    }),
  );
});
