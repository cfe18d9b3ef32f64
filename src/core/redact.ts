/** What stands where a secret was. */
export const redacted = '[redacted]';

/** How much of a value is kept; a record of it stays small whatever it is made from. */
const maxDepth = 8;
const maxMembers = 1000;
const maxTextLength = 4096;
const maxTextsLength = 128 * 1024;

const secretKey =
  /passw(?:or)?d|passphrase|passcode|secret|token$|credential|authorization|cookie|apikey|accesskey|privatekey|signingkey|encryptionkey|connectionstring|sessionid|^(?:pass|pwd|pin|bearer|dsn)$/;

/** Whether what stands under this key is a secret, by its name: `apiKey`, `X-Auth-Token`, `db_password`. */
export function isSecretKey(key: string): boolean {
  return secretKey.test(
    key
      .slice(0, 200)
      .replaceAll(/[^a-zA-Z]/g, '')
      .toLowerCase(),
  );
}

const quote = `(?:\\\\{0,3}["'])?`; // it has backslashes before it in JSON that stands in JSON

const name = '(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key)';

/** What gives a secret away inside a text, and what is left of it. */
const secretTexts: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g, redacted],
  [/(authorization["']?\s{0,8}[=:]\s{0,8}["']?(?:\w{1,20}\s{1,8})?)[^\s"']{1,}/gi, `$1${redacted}`],
  [/\b((?:set-)?cookie["']?\s{0,8}:\s{0,8}["']?)[^\r\n"']{1,}/gi, `$1${redacted}`],
  [/\b(Bearer(?:\s{1,8}|%20))[\w.~+/=:-]{4,}/gi, `$1${redacted}`],
  // not "basic plan": what is encoded has a digit, a sign or a capital inside
  [/\b([Bb]asic(?:\s{1,8}|%20))(?=[A-Za-z\d+/][a-z]{0,40}[A-Z\d+/=])[\w+/=-]{4,}/g, `$1${redacted}`],
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#@]{1,400}@/gi, `$1${redacted}@`],
  [
    new RegExp(
      `(${name}${quote}\\s{0,8}[=:]\\s{0,8}${quote})(?!${quote}\\[redacted\\])[^\\s"'&,;]{1,}`,
      'gi',
    ),
    `$1${redacted}`,
  ],
  [new RegExp(`(--[\\w-]{0,40}${name}\\s{1,8})[^\\s-][^\\s"']*`, 'gi'), `$1${redacted}`],
  [/\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*/g, redacted],
  [/\b(?:gh[pousr]_|github_pat_|sk-|xox[abprs]-|AKIA|glpat-)[\w-]{12,}/g, redacted],
];

/** A text without the secrets that show as such: bearer tokens, a URL's `user:password@`, `token=…`, private keys. */
export function redactText(text: string, maxLength: number = maxTextLength): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return secretTexts.reduce((rest, [pattern, left]) => rest.replace(pattern, left), cut);
}

/**
 * A copy of any value that may be written down: plain JSON, bounded in depth, size and length, without secrets.
 * Whatever stands under a key that names a secret is masked, and texts are searched. Never throws: what cannot be
 * read or is no JSON is named by a word (`[circular]`, `[function]`).
 */
export function redact(value: unknown): unknown {
  return copy(value, { members: 0, textLength: 0, above: [] });
}

interface Walk {
  members: number;
  textLength: number;
  readonly above: object[];
}

function copy(value: unknown, walk: Walk): unknown {
  if (typeof value === 'object' && value !== null) return guarded(value, walk);
  switch (typeof value) {
    case 'string':
      return copyText(value, walk);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return String(value);
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
    default:
      return value;
  }
}

function copyText(text: string, walk: Walk): string {
  walk.textLength += Math.min(text.length, maxTextLength);
  return walk.textLength > maxTextsLength ? `[${text.length} characters]` : redactText(text);
}

/** A getter or a proxy may throw; then the whole is not worth more. */
function guarded(value: object, walk: Walk): unknown {
  if (walk.above.includes(value)) return '[circular]';
  if (walk.above.length >= maxDepth) return '[too deep]';
  walk.above.push(value);
  try {
    return copyObject(value, walk);
  } catch {
    return '[unreadable]';
  } finally {
    walk.above.pop();
  }
}

function copyObject(value: object, walk: Walk): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof URL || value instanceof RegExp) return redactText(String(value));
  if (value instanceof Error) return redactText(`${value.name}: ${value.message}`);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value) || value instanceof Set) {
    return within(value, walk).map((member: unknown) => copy(member, walk) ?? null);
  }
  const members: (readonly [unknown, unknown])[] =
    value instanceof Map
      ? within(value, walk)
      : within(Object.keys(value), walk).map((key) => [key, Reflect.get(value, key)]);
  return Object.fromEntries(
    members.map(([key, member]) => {
      const text = redactText(String(key));
      return [text, isSecretKey(text) && hides(member) ? redacted : copy(member, walk)];
    }),
  );
}

/** Whether a secret may be in it: a flag or a nothing tells none, and its state is worth knowing. */
function hides(value: unknown): boolean {
  return value !== undefined && value !== null && typeof value !== 'boolean';
}

/** As many of its members as the whole may still have. */
function within<T>(members: Iterable<T>, walk: Walk): T[] {
  const kept: T[] = [];
  for (const member of members) {
    if (walk.members >= maxMembers) break;
    walk.members++;
    kept.push(member);
  }
  return kept;
}

/** The same for the fields of a record. */
export function redactFields(fields: object): object {
  const copied = redact(fields);
  return typeof copied === 'object' && copied !== null ? copied : {};
}
