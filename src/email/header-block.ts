import { keepsAllBut, placesOf, unfolded } from './header-ops.ts';
import type { Header, HeaderOp } from './header.ts';

/** A field as it stands in a message: its name, and all its lines with their ends. */
type Field = readonly [name: string, raw: string];

/** The fields of a header block, in order. What has no colon has an empty name. */
export function parseHeaders(block: string): readonly Header[] {
  return fieldsOf(block).map(([name, raw]) => [
    name,
    name === '' ? raw.trim() : unfolded(raw.slice(raw.indexOf(':') + 1)),
  ]);
}

/**
 * The header block after these changes. Every line that they do not concern stays as it was, byte for byte (read and
 * write it as latin1): a signature over it still holds.
 */
export function rewriteHeaders(block: string, ops: readonly HeaderOp[]): string {
  return ops
    .reduce(applied, fieldsOf(block))
    .map(([, raw]) => raw)
    .join('');
}

function applied(fields: readonly Field[], op: HeaderOp): readonly Field[] {
  if (op.op === 'remove') return fields.filter(keepsAllBut(op.name, op.index));
  const field: Field = [op.name, `${op.name}: ${op.value}\r\n`];
  if (op.op === 'replace') {
    const place = placesOf(fields, op.name)[op.index ?? 0];
    return place === undefined ? [...fields, field] : fields.with(place, field);
  }
  return op.at === 'end' ? [...fields, field] : [field, ...fields];
}

/** Ends at the empty line, if the block has one. */
function fieldsOf(block: string): readonly Field[] {
  const fields: string[] = [];
  for (const line of block.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (/^\r?\n$/.test(line)) break;
    if (/^[\t ]/.test(line) && fields.length > 0) fields.push((fields.pop() ?? '') + line);
    else fields.push(line);
  }
  return fields.map((raw) => [nameOf(raw), raw.endsWith('\n') ? raw : `${raw}\r\n`]);
}

function nameOf(raw: string): string {
  return /^([!-9;-~]+)[\t ]*:/.exec(raw)?.[1] ?? '';
}
