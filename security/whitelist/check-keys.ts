import { isNode, isScalar, visit, type YAMLMap } from 'yaml';

import { printable } from '../../src/core/printable.ts';
import { TextFault, type Place } from './guarded-yaml.ts';
import { otherSpellings } from './schema.ts';

/**
 * Refuses a key that is no text or comes twice, in time that grows with the text and no faster; and gives the keys of
 * go-plugins' files our spelling. What stands in `metadata` and `files` keeps its own.
 * @throws {TextFault}
 */
export function checkKeys(root: YAMLMap, placeAt: (offset: number) => Place): void {
  visit(root, {
    Map: (_key, map, path) => {
      const isFree = path.some((step) => 'key' in step && isScalar(step.key) && isOwn(step.key.value));
      checkMap(map, placeAt, isFree);
    },
  });
}

function isOwn(key: unknown): boolean {
  return key === 'metadata' || key === 'files';
}

function checkMap(map: YAMLMap, placeAt: (offset: number) => Place, isFree: boolean): void {
  const seen = new Set<string>();
  for (const { key } of map.items) {
    const place = placeAt((isNode(key) ? key.range?.[0] : undefined) ?? 0);
    if (!isScalar(key)) throw new TextFault('a key is no text', place);
    const name = String(key.value);
    const known = isFree ? name : (otherSpellings.get(name) ?? name);
    if (known === '__proto__') throw new TextFault("'__proto__' is no key", place);
    if (seen.has(known)) throw new TextFault(`the key '${printable(known, 80)}' comes twice`, place);
    seen.add(known);
    if (known !== key.value) key.value = known;
  }
}
