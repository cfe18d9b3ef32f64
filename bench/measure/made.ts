/** How often costly things were made. */
export interface Made {
  readonly abortControllers: number;
  readonly timers: number;
}

/** Counts the AbortControllers, abort signals and timers that some work makes, by standing in for their makers. */
export async function countMade(work: () => Promise<void>): Promise<Made> {
  const { AbortController, setTimeout, setInterval, setImmediate } = globalThis;
  const { timeout, any } = Object.getOwnPropertyDescriptors(AbortSignal);
  let abortControllers = 0;
  let timers = 0;
  const controller = <F extends object>(make: F): F => counted(make, () => abortControllers++);
  const timer = <F extends object>(make: F): F => counted(make, () => timers++);
  Object.assign(globalThis, {
    AbortController: controller(AbortController),
    setTimeout: timer(setTimeout),
    setInterval: timer(setInterval),
    setImmediate: timer(setImmediate),
  });
  Object.assign(AbortSignal, {
    timeout: timer(timeout.value as object),
    any: controller(any.value as object),
  });
  try {
    await work();
  } finally {
    Object.assign(globalThis, { AbortController, setTimeout, setInterval, setImmediate });
    Object.defineProperties(AbortSignal, { timeout, any });
  }
  return { abortControllers, timers };
}

/** The same function or class, counting each use. */
function counted<F extends object>(make: F, count: () => void): F {
  return new Proxy(make, {
    apply(target, self, args) {
      count();
      return Reflect.apply(target as unknown as (...values: unknown[]) => unknown, self, args);
    },
    construct(target, args, self) {
      count();
      return Reflect.construct(target as unknown as new () => object, args, self) as object;
    },
  });
}
