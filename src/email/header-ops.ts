import type { Header, HeaderOp, ReplaceHeader } from './header.ts';

/** The header after these changes, one after the other. */
export function applyHeaderOps(headers: readonly Header[], ops: readonly HeaderOp[]): readonly Header[] {
  return ops.reduce(applied, headers);
}

function applied(headers: readonly Header[], op: HeaderOp): readonly Header[] {
  if (op.op === 'remove') return headers.filter(keepsAllBut(op.name, op.index));
  if (op.op === 'replace') return replaced(headers, op);
  const added: Header = [op.name, unfolded(op.value)];
  return op.at === 'end' ? [...headers, added] : [added, ...headers];
}

function replaced(headers: readonly Header[], { name, value, index = 0 }: ReplaceHeader): readonly Header[] {
  const place = placesOf(headers, name)[index];
  const header: Header = [name, unfolded(value)];
  return place === undefined ? [...headers, header] : headers.with(place, header);
}

/** A predicate for `filter`: all that is not of this name, or not the nth of it. */
export function keepsAllBut(name: string, index: number | undefined): (header: Header) => boolean {
  let seen = 0;
  return ([own]) => {
    if (own.toLowerCase() !== name.toLowerCase()) return true;
    seen += 1;
    return index !== undefined && seen - 1 !== index;
  };
}

/** Where the fields of this name stand. */
export function placesOf(headers: readonly Header[], name: string): readonly number[] {
  const wanted = name.toLowerCase();
  return headers.flatMap(([own], place) => (own.toLowerCase() === wanted ? [place] : []));
}

/** A value without its line breaks and without white space around it. */
export function unfolded(value: string): string {
  return value.replaceAll(/\r?\n(?=[\t ])/g, '').trim();
}
