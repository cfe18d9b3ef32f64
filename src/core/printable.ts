const unsafe = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/**
 * Text from outside, made safe to print on one line: control characters, terminal escapes and
 * direction marks become `\u001b`-like escapes, and what is longer than `maxLength` characters is cut.
 */
export function printable(text: string, maxLength = 500): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
