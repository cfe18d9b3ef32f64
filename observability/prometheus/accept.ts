import type { Format } from './exposition.ts';

/** The form that a reader likes best, by its `Accept`; plain text for one that does not say. */
export function formatFor(accept: string | undefined): Format {
  const ranges = (accept ?? '').split(',').map(rangeOf);
  const best = (fits: (range: Range) => boolean): number =>
    Math.max(0, ...ranges.filter(fits).map(({ quality }) => quality));
  const openMetrics = best(
    ({ type, version }) =>
      type === 'application/openmetrics-text' && (version === undefined || version === '1.0.0'),
  );
  return openMetrics > 0 && openMetrics >= best(({ type }) => type === 'text/plain') ? 'openmetrics' : 'text';
}

interface Range {
  readonly type: string;
  readonly version: string | undefined;
  readonly quality: number;
}

function rangeOf(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const of = (name: string): string | undefined =>
    parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
  const quality = Number(of('q') ?? 1);
  return { type, version: of('version')?.replaceAll('"', ''), quality: Number.isNaN(quality) ? 0 : quality };
}
