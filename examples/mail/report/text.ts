const unsafe = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** Text from a message, made safe for a terminal: no control characters, no changes of direction. */
export function harmless(text: string): string {
  return text.replace(unsafe, '�');
}

/** Exactly `width` characters: filled up, or with its middle left out. */
export function fit(text: string, width: number): string {
  if (text.length <= width) return text.padEnd(width);
  const tail = Math.floor((width - 1) / 3);
  return `${text.slice(0, width - 1 - tail)}…${text.slice(-tail)}`;
}

/** The beginning of a text, as much as `width` columns hold; characters of East Asia and pictures take two. */
export function cut(text: string, width: number): string {
  let columns = 0;
  let kept = '';
  for (const character of text) {
    columns += (character.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2;
    if (columns > width) return kept;
    kept += character;
  }
  return kept;
}

/** Breaks a text between words into lines of at most `width` characters; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** Milliseconds for people: `0.4 ms`, `230 ms`, `2.1 s`. */
export function duration(elapsedMs: number): string {
  if (elapsedMs < 99.95) return `${elapsedMs.toFixed(1)} ms`;
  return elapsedMs < 999.5 ? `${elapsedMs.toFixed(0)} ms` : `${(elapsedMs / 1000).toFixed(1)} s`;
}

/** `1 message`, `2 messages`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
