/** Whether two values hold the same data; a key that is undefined counts as one that is not there. */
export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameData(item, b[index]));
  }
  if (!isMap(a) || !isMap(b)) return false;
  return keysOf(a, b).every((key) => sameData(valueOf(a, key), valueOf(b, key)));
}

/** Plain data with keys. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The keys of both, those of the second first. */
export function keysOf(a: object, b: object): string[] {
  return [...new Set([...Object.keys(b), ...Object.keys(a)])];
}

/** A key of the map itself, not one of its prototype. */
export function valueOf(map: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
