/**
 * Runs something at once in which errors note no stack. The library makes an error for every call, in case that it fails,
 * and its stack is a tenth of the call's processor time; what it would name is this package. Where nobody may change the limit,
 * it stays.
 */
export function withoutStack<T>(run: () => T): T {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    return run();
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}
