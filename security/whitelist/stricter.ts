import { isSameType } from './types-of.ts';
import type { Constraints, Whitelist } from './whitelist.ts';

/** A whitelist under what the host demands besides; of two rules the stricter one holds. */
export function stricter(whitelist: Whitelist, host: Partial<Constraints>): Whitelist {
  const { maxFileSizeBytes, allowedTypes, forbiddenPaths } = whitelist.constraints;
  const constraints = {
    maxFileSizeBytes: Math.min(maxFileSizeBytes, host.maxFileSizeBytes ?? Infinity),
    allowedTypes: inBoth(allowedTypes, host.allowedTypes),
    forbiddenPaths: [...forbiddenPaths, ...(host.forbiddenPaths ?? [])],
  };
  return { ...whitelist, constraints };
}

function inBoth(
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): readonly string[] | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.filter((type) => other.some((allowed) => isSameType(type, allowed)));
}
