// oxlint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Text from outside as one line that can begin no other: of a log, a reply or a header. */
export function printable(text: string): string {
  return text.replace(unsafe, ' ').trim().slice(0, 400);
}
