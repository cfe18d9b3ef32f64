import type { MailRequest } from '../contract.ts';
import { decodeWords } from './encoded-words.ts';
import { headerValue, readHeaders } from './headers.ts';
import { textOfHtml } from './html-text.ts';
import { readContent } from './mime.ts';

const longestLineBytes = 998;

/** Reads a message of RFC 5322. Never fails: what cannot be read is named in `defects`. */
export function parseMessage(id: string, raw: Buffer): MailRequest {
  // One character per byte, until the charset of each part is known.
  const { headers, defects, body } = readHeaders(raw.toString('latin1'));
  const content = readContent(headers, body);
  const html = content.html.join('\n');
  return {
    id,
    headers,
    defects: [...defects, ...longLines(raw), ...content.defects],
    subject: decodeWords(headerValue(headers, 'subject')),
    text: content.plain.join('\n') || textOfHtml(html),
    html,
    attachments: content.attachments,
  };
}

function longLines(raw: Buffer): string[] {
  let longest = 0;
  for (let start = 0; start < raw.length;) {
    const found = raw.indexOf(0x0a, start);
    const end = found === -1 ? raw.length : found;
    longest = Math.max(longest, end - start);
    start = end + 1;
  }
  return longest > longestLineBytes + 1 ? [`a line of ${longest} bytes`] : [];
}
