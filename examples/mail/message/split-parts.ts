/** The parts of a multipart body, and whether its last delimiter came. */
export interface Parts {
  readonly parts: readonly string[];
  readonly closed: boolean;
}

/** Cuts a multipart body at its boundary; what stands before the first and after the last delimiter is left out. */
export function splitParts(body: string, boundary: string): Parts {
  const parts: string[] = [];
  if (boundary === '') return { parts, closed: false };
  let start: number | undefined;
  for (const found of body.matchAll(delimiterOf(boundary))) {
    if (start !== undefined) parts.push(body.slice(start, found.index));
    if (found[1] === '--') return { parts, closed: true };
    start = found.index + found[0].length;
  }
  if (start !== undefined) parts.push(body.slice(start));
  return { parts, closed: false };
}

/** The line break before a delimiter belongs to it; the one after it is left when it is also the next one's. */
function delimiterOf(boundary: string): RegExp {
  const literal = `--${boundary.replace(/\W/g, '\\$&')}`;
  return new RegExp(`(?:^|\\r?\\n)${literal}(--)?[ \\t]*(?:\\r?\\n(?!${literal})|(?=\\r?\\n)|$)`, 'g');
}
