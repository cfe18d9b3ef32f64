import { expect, it } from 'vitest';
import { askedIn } from '../../../transports/wire/asked-in.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const call = { traceparent: `00-${traceId}-b7ad6b7169203331-00`, tracestate: 'acme=1' };

it('a plugin that says where it stands in the trace of its call is believed, except that the trace is kept', () => {
  const claimed = `00-${traceId}-1111111111111111-01`;
  expect(askedIn(call, claimed)).toEqual({ ...call, traceparent: `00-${traceId}-1111111111111111-00` });
});

it.each([undefined, 7, '', 'x', `00-${'a'.repeat(32)}-1111111111111111-01`])(
  'one that says %j stands where its call does',
  (claimed) => {
    expect(askedIn(call, claimed)).toBe(call);
  },
);
