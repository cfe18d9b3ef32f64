import { decodeCharset } from './charset.ts';
import type { Attachment } from '../contract.ts';
import { decodeQuoted, decodeWords } from './encoded-words.ts';
import { headerValue, readHeaders, type Header } from './headers.ts';
import { readParameters, type Parameterised } from './parameters.ts';
import { splitParts } from './split-parts.ts';

/** What a message says, gathered from its parts. */
export interface Content {
  readonly plain: string[];
  readonly html: string[];
  readonly attachments: Attachment[];
  readonly defects: string[];
}

const deepest = 8;

/** Gathers what is in a message. `body` holds one character per byte. */
export function readContent(headers: readonly Header[], body: string): Content {
  const content: Content = { plain: [], html: [], attachments: [], defects: [] };
  walk(headers, body, content, 0);
  return content;
}

function walk(headers: readonly Header[], body: string, content: Content, depth: number): void {
  const type = readParameters(headerValue(headers, 'content-type') || 'text/plain');
  const disposition = readParameters(headerValue(headers, 'content-disposition'));
  if (depth > deepest) content.defects.push(`parts nested more than ${deepest} deep`);
  else if (type.value.startsWith('multipart/'))
    walkParts(type.parameters.get('boundary'), body, content, depth);
  else if (type.value === 'message/rfc822') walkPart(body, content, depth);
  else if (type.value.startsWith('text/') && disposition.value !== 'attachment')
    addText(type, headers, body, content);
  else addAttachment(type, disposition, decodeTransfer(headers, body), content);
}

function walkPart(source: string, content: Content, depth: number): void {
  const part = readHeaders(source);
  walk(part.headers, part.body, content, depth + 1);
}

function walkParts(boundary: string | undefined, body: string, content: Content, depth: number): void {
  const { parts, closed } = splitParts(body, boundary ?? '');
  if (!closed) content.defects.push('a multipart that breaks off before its end');
  for (const part of parts) walkPart(part, content, depth);
}

function addText(type: Parameterised, headers: readonly Header[], body: string, content: Content): void {
  const charset = (type.parameters.get('charset') ?? 'utf-8').toLowerCase();
  const { text, known } = decodeCharset(decodeTransfer(headers, body), charset);
  if (!known) content.defects.push(`an unknown charset, "${charset.slice(0, 40)}"`);
  (type.value === 'text/html' ? content.html : content.plain).push(text);
}

function addAttachment(
  type: Parameterised,
  disposition: Parameterised,
  bytes: Buffer,
  content: Content,
): void {
  const name = disposition.parameters.get('filename') ?? type.parameters.get('name') ?? '';
  content.attachments.push({ name: decodeWords(name), type: type.value, content: bytes });
}

function decodeTransfer(headers: readonly Header[], body: string): Buffer {
  switch (headerValue(headers, 'content-transfer-encoding').toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64');
    case 'quoted-printable':
      return decodeQuoted(body.replace(/=[ \t]*\r?\n/g, ''));
    default:
      return Buffer.from(body, 'latin1');
  }
}
