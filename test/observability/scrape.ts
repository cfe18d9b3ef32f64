import type { PrometheusExporter } from 'plugboard/observability';

/** One line of a scrape: a series as it is written, and its value. */
export type Scrape = ReadonlyMap<string, number>;

const openMetrics = 'application/openmetrics-text; version=1.0.0';

/** The page of an exporter that serves one. */
export async function scrapeText(
  exporter: PrometheusExporter,
  format: 'text' | 'openmetrics' = 'text',
): Promise<string> {
  const headers = { accept: format === 'text' ? 'text/plain' : openMetrics };
  const response = await fetch(`http://127.0.0.1:${exporter.port}/metrics`, { headers });
  return response.text();
}

/** Its samples by series. */
export async function scrape(exporter: PrometheusExporter): Promise<Scrape> {
  return samplesOf(await scrapeText(exporter));
}

/** The samples of a page in either form. */
export function samplesOf(text: string): Scrape {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [sample = ''] = line.split(' # ');
      const space = sample.lastIndexOf(' ');
      return [sample.slice(0, space), Number(sample.slice(space + 1).replace('+Inf', 'Infinity'))];
    }),
  );
}

/** The sum of a metric's samples whose labels have these values. */
export function sumOf(scraped: Scrape, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const fits = (series: string): boolean =>
    series.replace(/\{.*/s, '') === name && wanted.every((label) => series.includes(label));
  return [...scraped].filter(([series]) => fits(series)).reduce((sum, [, value]) => sum + value, 0);
}
