import { headerValue, readHeaders } from '../../mail/message/headers.ts';
import { decodeWords } from '../../mail/message/encoded-words.ts';
import { readParameters } from '../../mail/message/parameters.ts';
import { linesOf, type Line } from './lines.ts';

/** A leaf of a message's MIME tree, and where in the file it lies. */
export interface Leaf {
  /** Such as `1.2`; `1` of a message without parts. */
  readonly path: string;
  readonly contentType: string;
  readonly filename: string | undefined;
  readonly encoding: 'base64' | 'quoted-printable' | 'none';
  /** The header of the part; of a message without parts it is the message's own. */
  readonly headerStart: number;
  readonly bodyStart: number;
  /** The line break before a boundary belongs to the boundary. */
  readonly bodyEnd: number;
}

/** Nobody sends more; who does shall not make us work for it. What is beyond is part of the last leaf. */
const maxLeaves = 500;
const maxDepth = 20;
const maxPartHeader = 64 * 1024;

/** The leaves of a message file, in order, read line by line. */
export async function leavesOf(file: string): Promise<Leaf[]> {
  const walk = new Walk();
  let end = 0;
  for await (const line of linesOf(file)) {
    walk.take(line);
    end = line.at + line.text.length;
  }
  return walk.finish(end);
}

interface Multipart {
  readonly boundary: string;
  readonly path: string;
  parts: number;
}

interface Part {
  readonly path: string;
  readonly start: number;
  header: string;
}

class Walk {
  readonly #leaves: Leaf[] = [];
  readonly #around: Multipart[] = [];
  /** The part whose header is being read. */
  #part: Part | undefined = { path: '', start: 0, header: '' };
  #leaf: Omit<Leaf, 'bodyEnd'> | undefined;
  /** Of the line before. */
  #lineEnd = 0;

  take(line: Line): void {
    if (!line.text.startsWith('--') || !this.#atBoundary(line)) {
      if (this.#part !== undefined) this.#inHeader(this.#part, line);
    }
    this.#lineEnd = /\r?\n$/.exec(line.text)?.[0].length ?? 0;
  }

  finish(end: number): Leaf[] {
    if (this.#part !== undefined) this.#begin(this.#part, end);
    this.#close(end);
    return this.#leaves;
  }

  #atBoundary({ text, at }: Line): boolean {
    const said = text.trimEnd().slice(2);
    const depth = this.#around.findLastIndex(({ boundary }) => said === boundary || said === `${boundary}--`);
    const around = this.#around[depth];
    if (around === undefined || this.#leaves.length >= maxLeaves) return false;
    if (this.#part !== undefined) this.#begin(this.#part, at);
    this.#close(at - this.#lineEnd);
    const isLast = said !== around.boundary;
    this.#around.length = isLast ? depth : depth + 1;
    const path = around.path === '' ? `${++around.parts}` : `${around.path}.${++around.parts}`;
    this.#part = isLast ? undefined : { path, start: at + text.length, header: '' };
    return true;
  }

  #inHeader(part: Part, { text, at }: Line): void {
    if (/^\r?\n$/.test(text)) this.#begin(part, at + text.length);
    else if (part.header.length < maxPartHeader) part.header += text;
  }

  /** The header of a part is whole. */
  #begin({ path, start, header }: Part, bodyStart: number): void {
    this.#part = undefined;
    const { headers } = readHeaders(header);
    const type = readParameters(headerValue(headers, 'content-type'));
    const boundary = type.parameters.get('boundary');
    if (type.value.startsWith('multipart/') && boundary && this.#around.length < maxDepth) {
      this.#around.push({ boundary, path, parts: 0 });
      return;
    }
    const disposition = readParameters(headerValue(headers, 'content-disposition'));
    this.#leaf = {
      path: path === '' ? '1' : path,
      contentType: type.value === '' ? 'text/plain' : type.value,
      filename: filenameIn(disposition.parameters) ?? nameIn(type.parameters),
      encoding: encodingOf(headerValue(headers, 'content-transfer-encoding')),
      headerStart: start,
      bodyStart,
    };
  }

  #close(end: number): void {
    if (this.#leaf === undefined) return;
    this.#leaves.push({ ...this.#leaf, bodyEnd: Math.max(end, this.#leaf.bodyStart) });
    this.#leaf = undefined;
  }
}

function encodingOf(value: string): Leaf['encoding'] {
  const encoding = value.trim().toLowerCase();
  return encoding === 'base64' || encoding === 'quoted-printable' ? encoding : 'none';
}

function nameIn(parameters: ReadonlyMap<string, string>): string | undefined {
  const name = parameters.get('name');
  return name === undefined ? undefined : decodeWords(name);
}

/** RFC 2183, and the long form of RFC 2231 where it is in one piece. */
function filenameIn(parameters: ReadonlyMap<string, string>): string | undefined {
  const plain = parameters.get('filename');
  if (plain !== undefined) return decodeWords(plain);
  const extended = /^[^']*'[^']*'(.*)$/.exec(parameters.get('filename*') ?? '')?.[1];
  if (extended === undefined) return undefined;
  try {
    return decodeURIComponent(extended);
  } catch {
    return extended;
  }
}
