import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { decodeWords } from '../../examples/mail/message/encoded-words.ts';
import { textOfHtml } from '../../examples/mail/message/html-text.ts';
import { isMbox, splitMbox } from '../../examples/mail/message/mbox.ts';
import { parseMessage } from '../../examples/mail/message/parse-message.ts';

async function example(name: string): Promise<ReturnType<typeof parseMessage>> {
  return parseMessage(name, await readFile(new URL(`../../examples/mail/${name}.eml`, import.meta.url)));
}

describe('a message of the mail example', () => {
  test('has its subject decoded, over folds, charsets and both encodings', async () => {
    expect((await example('encoded-words')).subject).toBe(
      'Πρόγραμμα για την Παρασκευή / und das Menü für später',
    );
    expect((await example('latin1-quoted-printable')).subject).toBe('Fermeture du quai après la tempête');
  });

  test('has its text decoded from base64, quoted-printable and 8-bit', async () => {
    expect((await example('encoded-words')).text).toMatch(/^Καλημέρα Ελένη,\n[^]*Käsespätzle/);
    expect((await example('latin1-quoted-printable')).text).toContain(
      "la tempête a déplacé deux bollards et l'éclairage",
    );
    expect((await example('utf8-8bit')).text).toContain('三脚が倒れました 😅');
  });

  test('gives its plain part as text, and its HTML beside it', async () => {
    const { text, html } = await example('newsletter-alternative');
    expect(text).toMatch(/^April at the museum\r\n/);
    expect(text).not.toContain('shown by programs that do not know MIME');
    expect(html).toContain('<a href="https://museum.example.org/unsubscribe?u=1180">');
  });

  test('gives attachments as the bytes they are', async () => {
    const [invoice, ...others] = (await example('invoice-attachment')).attachments;
    expect(others).toEqual([]);
    expect(invoice).toMatchObject({ name: 'invoice-2026-0417.pdf', type: 'application/pdf' });
    const pdf = Buffer.from(invoice?.content ?? []).toString('latin1');
    expect(pdf).toMatch(/^%PDF-1\.4\n[^]*%%EOF\n$/);
  });

  test('is read as far as it goes when it breaks off', async () => {
    const { text, defects, attachments } = await example('truncated-multipart');
    expect(text).toMatch(/^Hello Tomas/);
    expect(defects).toEqual(['a multipart that breaks off before its end']);
    expect(attachments.map(({ name }) => name)).toEqual(['sketch.png']);
  });

  test('keeps its good header fields beside malformed ones', async () => {
    const { subject, headers, defects } = await example('malformed-headers');
    expect(subject).toBe('a subject folded with a tab and then with spaces, three times');
    expect(headers.map(({ name }) => name)).toEqual([
      'Date',
      'From',
      'Subject',
      'Subject',
      'To',
      'Content-Type',
    ]);
    expect(defects).toContain('not a header field: ": no name before the colon"');
  });

  test('may be anything at all', () => {
    for (const source of [
      '',
      '\n',
      ':',
      '\r\n\r\n',
      'Content-Type: multipart/mixed; boundary=a\n\n--a',
      '\u0000'.repeat(99),
    ]) {
      expect(parseMessage('odd', Buffer.from(source)).id).toBe('odd');
    }
  });

  test('cannot nest its parts without end', () => {
    const layer = (inner: string, depth: number): string =>
      `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n${inner}\r\n--b${depth}--`;
    const source = Array.from({ length: 12 }, (_, depth) => depth).reduce(layer, 'Subject: inside\r\n\r\nx');
    expect(parseMessage('nested', Buffer.from(source)).defects).toContain('parts nested more than 8 deep');
  });
});

test('an encoded word that is cut in the middle of a character is joined with the next', () => {
  expect(decodeWords('=?utf-8?B?4oI=?= =?utf-8?B?rA==?= 5')).toBe('€ 5');
});

test('what is no encoded word stays as it is', () => {
  expect(decodeWords('a =?utf-8?X?b?= =? c')).toBe('a =?utf-8?X?b?= =? c');
});

test('HTML becomes the text that a reader sees', () => {
  const html = '<style>p{}</style><p>5 &lt; 6 &#8364;&nbsp;&unknown;</p><!-- not this --><script>nor this';
  expect(textOfHtml(html)).toBe('5 < 6 € &unknown;');
});

describe('an mbox', () => {
  const from = 'From a@example.org Mon Apr  6 09:12:44 2026\n';
  const split = (source: string): string[] => Array.from(splitMbox(Buffer.from(source)), String);

  test('is known by its first line', () => {
    expect(isMbox(Buffer.from(`${from}Subject: 1\n`))).toBe(true);
    expect(isMbox(Buffer.from('From: a@example.org\n'))).toBe(false);
  });

  test('is cut before each From line that follows an empty line', () => {
    const source = `${from}Subject: 1\n\none\nFrom here on at 12:00 it is text\n\n${from}Subject: 2\n\ntwo\n`;
    expect(split(source)).toEqual([
      'Subject: 1\n\none\nFrom here on at 12:00 it is text\n',
      'Subject: 2\n\ntwo\n',
    ]);
  });

  test('has its quoted From lines unquoted', () => {
    expect(split(`${from}Subject: 1\n\n>From me\n>>From you\n> From no one\n`)).toEqual([
      'Subject: 1\n\nFrom me\n>From you\n> From no one\n',
    ]);
  });
});
