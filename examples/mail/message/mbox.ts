const lineFeed = 0x0a;
const fromLine = /^From \S.*\d\d:\d\d/;

/** Whether a file holds several messages, each under a `From ` line. */
export function isMbox(file: Buffer): boolean {
  return fromLine.test(lineAt(file, 0));
}

/** The messages of an mbox: without their `From ` lines, and `>From ` inside them unquoted. */
export function* splitMbox(file: Buffer): Generator<Buffer> {
  let start = 0;
  for (let at = file.indexOf('\nFrom '); at !== -1; at = file.indexOf('\nFrom ', at + 1)) {
    if (!endsParagraph(file, at) || !fromLine.test(lineAt(file, at + 1))) continue;
    yield messageIn(file.subarray(start, at));
    start = at + 1;
  }
  yield messageIn(file.subarray(start));
}

/** Only a `From ` after an empty line starts a message; others are sentences. */
function endsParagraph(file: Buffer, at: number): boolean {
  return file[at - 1] === lineFeed || file.subarray(at - 2, at).equals(Buffer.from('\n\r'));
}

function lineAt(file: Buffer, start: number): string {
  return file.toString('latin1', start, Math.min(start + 200, endOfLine(file, start)));
}

function endOfLine(file: Buffer, start: number): number {
  const end = file.indexOf(lineFeed, start);
  return end === -1 ? file.length : end;
}

function messageIn(entry: Buffer): Buffer {
  const message = entry.subarray(Math.min(entry.length, endOfLine(entry, 0) + 1));
  if (!message.includes('\n>')) return message;
  return Buffer.from(message.toString('latin1').replace(/^>(>*From )/gm, '$1'), 'latin1');
}
