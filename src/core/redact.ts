/** What stands where a secret stood. */
const mask = '[redacted]';

const secretWords =
  'password|passwd|passphrase|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|authorization|cookie|session[-_]?id';

/** A name that ends in such a word; `maxTokens` and `token_type` are none. */
const secretName = new RegExp(`(?:${secretWords})$`, 'i');

// Each looks at a piece of text once, from the left: a hostile line must not hold the event loop.
const headers =
  /\b((?:proxy-)?authorization|(?:set-)?cookie)("?\s{0,4}:\s{0,4}"?)(?!\[redacted\])[^\r\n"]+/gi;
const schemes = /\b(bearer|basic)\s{1,4}[\w.~+/=-]{4,}/gi;
const userInfo = /(\b[a-z][a-z\d+.-]{0,20}:\/\/)[^\s/?#@]{1,256}@/gi;
const pairs = new RegExp(
  `(${secretWords})(["']?\\s{0,4}[:=]\\s{0,4})("[^"]{0,4096}"?|'[^']{0,4096}'?|[^\\s"',;&})\\]]+)`,
  'gi',
);
const privateKeys = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]*/g;

/** Fields of a record are looked at so deep, and so many of them; a plugin may send more. */
const maxDepth = 8;
const maxFields = 1000;

/** Whether a field of this name holds a secret: `password`, `access_token`, `X-Api-Key`, `Cookie`. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/**
 * Text without the secrets that can be told by their place: after a name such as `password=`, in a header, behind
 * `Bearer`, before the `@` of a URL, in a private key.
 */
export function redactText(text: string): string {
  return text
    .replace(headers, `$1$2${mask}`)
    .replace(schemes, `$1 ${mask}`)
    .replace(userInfo, `$1${mask}@`)
    .replace(pairs, hidden)
    .replace(privateKeys, mask);
}

function hidden(whole: string, name: string, between: string, value: string): string {
  if (value.startsWith('[redacted')) return whole;
  const quote = value.startsWith('"') || value.startsWith("'") ? value.charAt(0) : '';
  return `${name}${between}${quote}${mask}${quote}`;
}

/** A copy of a record's fields without secrets, bounded in depth and number. Never throws. */
export function redactFields(fields: object): object {
  const budget = { left: maxFields };
  try {
    return redactEntries(fields, budget, 0);
  } catch {
    return {}; // a getter of the record's threw; the message is worth more than its fields
  }
}

interface Budget {
  left: number;
}

function redactEntries(value: object, budget: Budget, depth: number): object {
  const kept: [string, unknown][] = [];
  for (const [name, inner] of Object.entries(value)) {
    if (budget.left-- <= 0) return { ...Object.fromEntries(kept), cut: 'too many fields' };
    kept.push([name, isSecretName(name) && isSayable(inner) ? mask : redactValue(inner, budget, depth + 1)]);
  }
  return Object.fromEntries(kept);
}

function isSayable(value: unknown): boolean {
  return value !== undefined && value !== null && typeof value !== 'boolean';
}

function redactValue(value: unknown, budget: Budget, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (!isPlain(value)) return value;
  if (depth > maxDepth) return '[too deep]';
  if (!Array.isArray(value)) return redactEntries(value, budget, depth);
  const items: unknown[] = value.slice(0, Math.max(0, budget.left));
  budget.left -= items.length;
  return items.map((item) => redactValue(item, budget, depth + 1));
}

/** Errors, dates and objects with a class of their own are left to the logger, which knows them. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
