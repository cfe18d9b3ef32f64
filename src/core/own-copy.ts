/**
 * Plain objects and arrays as they are now, so that what becomes of the giver's later does not matter. Everything else
 * in them (functions, clients, dates) stays what it is. What cannot be read is given back as it came.
 */
export function ownCopy<T>(value: T): T {
  try {
    return copied(value, new Map()) as T;
  } catch {
    return value; // a getter threw, or it is too deep; whoever checks it says so
  }
}

function copied(value: unknown, known: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (known.has(value)) return known.get(value);
  const copy = emptyLike(value);
  if (copy === undefined) return value;
  known.set(value, copy); // it may contain itself
  for (const [key, part] of Object.entries(value)) {
    // Defined, because a key named __proto__ cannot be set.
    const own = { value: copied(part, known), writable: true, enumerable: true, configurable: true };
    Object.defineProperty(copy, key, own);
  }
  return copy;
}

function emptyLike(value: object): object | undefined {
  if (Array.isArray(value)) return Array.from({ length: value.length });
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === Object.prototype || prototype === null ? {} : undefined;
}
