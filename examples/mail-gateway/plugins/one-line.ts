/** Text that repeats what senders wrote, on one line and no longer than so many characters. */
export function oneLine(text: string, maxLength: number): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').slice(0, maxLength);
}
