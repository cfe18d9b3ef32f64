type Settle = (resolve: (value: string) => void, reject: (error: Error) => void) => void;

/** What answers to `then` and is no promise, as a proxy of some library's may. */
export function thenable(settle: Settle): object {
  return new Proxy({}, { get: (_, key) => (key === 'then' ? settle : undefined) });
}
