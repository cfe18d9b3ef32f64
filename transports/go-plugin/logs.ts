import type { LineRecord } from '../wire/plugin-log.ts';

const levels = ['trace', 'debug', 'info', 'warn', 'error'];

/**
 * Reads the lines of stderr as go-plugin does: JSON of hclog, a level in brackets, or plain text. From a line that
 * begins a panic of Go on, what has no level is an error.
 */
export function hclogReader(): (line: string) => LineRecord {
  let isPanicking = false;
  return (line) => {
    const record = readJson(line) ?? readPrefixed(line);
    if (record !== undefined) return record;
    isPanicking ||= /^(panic: |fatal error: )/.test(line);
    return { level: isPanicking ? 'error' : 'info', message: line, fields: {} };
  };
}

function readJson(line: string): LineRecord | undefined {
  if (!line.startsWith('{')) return undefined;
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { '@level': level, '@message': message, ...others } = value;
  if (typeof level !== 'string' || !levels.includes(level.toLowerCase())) return undefined;
  const fields = Object.entries(others).filter(([key]) => key !== '__proto__');
  return {
    level,
    message: message ?? '',
    fields: Object.fromEntries(fields.map(([key, field]) => [key.replace(/^@/, ''), field])),
  };
}

/** What Go's `log` prints with a word of hclog before it. */
function readPrefixed(line: string): LineRecord | undefined {
  const [, level, message] =
    /^(?:\d{4}\S* )?(?:[\d:.]+ )?\[(TRACE|DEBUG|INFO|WARN|ERROR)\]\s*(.*)$/.exec(line) ?? [];
  return level === undefined || message === undefined ? undefined : { level, message, fields: {} };
}
