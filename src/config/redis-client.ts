/**
 * Whether something has what the shared rate limit calls: a client of ioredis and its like defines a command of ours,
 * one of node-redis from version 4 on, which says whether it `isOpen`, runs our script by its own `eval`.
 */
export function isRedisClient(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || !can(value, 'multi')) return false;
  return can(value, 'defineCommand') || (can(value, 'eval') && 'isOpen' in value);
}

function can(value: object, method: string): boolean {
  return typeof Reflect.get(value, method) === 'function';
}
