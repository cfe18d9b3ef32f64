/** One header field, unfolded. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

/** A header block read: its fields, what could not be read, and what follows the empty line. */
export interface HeaderBlock {
  readonly headers: readonly Header[];
  readonly defects: readonly string[];
  readonly body: string;
}

const field = /^([!-9;-~]+)[ \t]*:(.*)$/s;

/** Reads the header block at the start of a message or part. `source` holds one character per byte. */
export function readHeaders(source: string): HeaderBlock {
  const end = /(?:^|\r?\n)\r?\n/.exec(source);
  const head = end === null ? source : source.slice(0, end.index);
  const body = end === null ? '' : source.slice(end.index + end[0].length);
  const headers: Header[] = [];
  const defects: string[] = [];
  for (const line of unfold(head)) {
    const found = field.exec(line);
    if (found !== null) headers.push({ name: found[1] ?? '', value: asText((found[2] ?? '').trim()) });
    else if (line.trim() !== '') defects.push(`not a header field: "${line.trim().slice(0, 40)}"`);
  }
  return { headers, defects, body };
}

/** The value of the first field of that name, in any case; empty when there is none. */
export function headerValue(headers: readonly Header[], name: string): string {
  return headersNamed(headers, name)[0] ?? '';
}

/** The values of all fields of that name, in any case. */
export function headersNamed(headers: readonly Header[], name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter((header) => header.name.toLowerCase() === wanted).map((header) => header.value);
}

/** A continuation line belongs to the line above; folding white space counts as one space. */
function unfold(head: string): string[] {
  return head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
}

/** Header bytes are UTF-8 where they can be (RFC 6532), else Latin-1. */
function asText(bytes: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return bytes;
  }
}
