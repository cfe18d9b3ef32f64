import { decodeCharset } from './charset.ts';

const encodedWord = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi;

interface Run {
  readonly charset: string;
  readonly bytes: Buffer;
}

/** Decodes the encoded words of RFC 2047 in a header value; anything else stays as it is. */
export function decodeWords(value: string): string {
  let text = '';
  let run: Run | undefined;
  let end = 0;
  for (const found of value.matchAll(encodedWord)) {
    const between = value.slice(end, found.index);
    const [whole, charset = '', encoding = '', data = ''] = found;
    // White space between two encoded words only separates them.
    const joined = run !== undefined && between.trim() === '';
    if (!joined || run?.charset !== charset.toLowerCase()) {
      text += decoded(run) + (joined ? '' : between);
      run = undefined;
    }
    run = append(run, charset.toLowerCase(), decodeData(encoding, data));
    end = found.index + whole.length;
  }
  return text + decoded(run) + value.slice(end);
}

/** A character may be split over two words, so the bytes are joined before they are decoded. */
function append(run: Run | undefined, charset: string, bytes: Buffer): Run {
  return { charset, bytes: run === undefined ? bytes : Buffer.concat([run.bytes, bytes]) };
}

function decoded(run: Run | undefined): string {
  return run === undefined ? '' : decodeCharset(run.bytes, run.charset).text;
}

function decodeData(encoding: string, data: string): Buffer {
  return encoding.toLowerCase() === 'b'
    ? Buffer.from(data, 'base64')
    : decodeQuoted(data.replaceAll('_', ' '));
}

/** Turns `=41` into its byte; one character per byte goes in. */
export function decodeQuoted(source: string): Buffer {
  const bytes = source.replace(/=([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1');
}
