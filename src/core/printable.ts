const unsafe = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/**
 * Text from outside, made safe to print on one line: control characters, terminal escapes and
 * direction marks become `\u001b`-like escapes, and what is longer than `maxLength` characters is cut.
 * Of what is no text only the kind is said: an object may hold a secret.
 */
export function printable(value: unknown, maxLength = 500): string {
  const text = typeof value === 'string' ? value : inWords(value);
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function inWords(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}
