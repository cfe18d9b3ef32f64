const unsafe = /[\p{Cc}\u2028\u2029]+/gu;

/** Text from outside as one line that can begin no other: of a log, a reply or a header. */
export function printable(text: string): string {
  return text.replace(unsafe, ' ').trim().slice(0, 400);
}
