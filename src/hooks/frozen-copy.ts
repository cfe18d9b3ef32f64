/** Deeper than any answer is; what is below is left out. */
const maxDepth = 64;

/**
 * Data as it is now: plain objects and arrays are copied and frozen, functions left out, what refers to itself is left
 * out there. Other objects, such as dates, stay what they are. Undefined for what cannot be read.
 */
export function frozenCopy(value: unknown): unknown {
  try {
    return copied(value, new Map(), 0);
  } catch {
    return undefined;
  }
}

function copied(value: unknown, known: Map<object, unknown>, depth: number): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (known.has(value)) return known.get(value);
  if (depth > maxDepth) return undefined;
  known.set(value, undefined); // while it is being copied
  const copy = copyOf(value, (part) => copied(part, known, depth + 1));
  known.set(value, copy);
  return copy;
}

function copyOf(value: object, copy: (part: unknown) => unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(copy));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)])));
}
