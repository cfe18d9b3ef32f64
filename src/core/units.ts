const msPer: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const bytesPer: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const duration = /^(?:\d{1,15}(?:\.\d{1,15})?(?:ns|us|µs|ms|s|m|h|d)){1,8}$/;
const durationPart = /(\d+(?:\.\d+)?)(\D+)/g;
const size = /^(\d{1,15}(?:\.\d{1,15})?) ?([KkMGT]?i?B)$/;

/** Counts of at most 15 digits are read. */
const readCounts = 1e15;

/** For the JSON Schema. */
export const durationPattern: string = duration.source;
/** For the JSON Schema. */
export const sizePattern: string = size.source;

/** A time as people and Go write it, `100ms`, `1.5s`, `1h30m`, in milliseconds; undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  if (!duration.test(text)) return undefined;
  let ms = 0;
  for (const [, count = '', unit = ''] of text.matchAll(durationPart))
    ms += Number(count) * (msPer[unit] ?? NaN);
  return ms;
}

/** An amount of bytes, `50MB` (10⁶) or `50MiB` (2²⁰), as IEC 80000-13 has it; undefined if it is none. */
export function parseSize(text: string): number | undefined {
  const [, count = '', unit = ''] = size.exec(text) ?? [];
  const bytes = Math.round(Number(count) * (bytesPer[unit] ?? NaN));
  return count === '' || Number.isNaN(bytes) ? undefined : bytes;
}

/** The shortest form that is read back as the same number. */
export function formatDuration(ms: number): string | number {
  return inUnits(ms, ['h', 'm', 's', 'ms'], msPer);
}

/** The shortest form that is read back as the same number. */
export function formatSize(bytes: number): string | number {
  return inUnits(bytes, ['TiB', 'GiB', 'MiB', 'KiB', 'GB', 'MB', 'KB'], bytesPer);
}

function inUnits(
  value: number,
  units: readonly string[],
  per: Readonly<Record<string, number>>,
): string | number {
  if (!Number.isSafeInteger(value) || value <= 0) return value;
  const unit = units.find((name) => value % (per[name] ?? NaN) === 0);
  const count = unit === undefined ? Infinity : value / (per[unit] ?? NaN);
  return count < readCounts ? `${count}${unit}` : value;
}
