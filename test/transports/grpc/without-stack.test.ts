import { expect, it } from 'vitest';
import { withoutStack } from '../../../transports/grpc/without-stack.ts';

it('an error that is made meanwhile notes no stack, and every later one does', () => {
  const meanwhile = withoutStack(() => new Error('made for a call'));
  expect(meanwhile.stack).toBe('Error: made for a call');
  expect(new Error('later').stack).toContain('without-stack.test');
});

it('errors note stacks again also after one that was thrown', () => {
  const fail = (): never => {
    throw new Error('the channel is closed');
  };
  expect(() => withoutStack(fail)).toThrow('the channel is closed');
  expect(new Error('later').stack).toContain('without-stack.test');
});
