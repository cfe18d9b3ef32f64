/** More kinds of samples than any sane set of labels makes; what is beyond is counted, not kept. */
const maxSamples = 2000;

/** What was counted, by name and labels. */
export class Samples {
  readonly #values = new Map<string, number>();

  /** Adds to a sample; one too many is `mail_metrics_dropped_total` instead. */
  add(name: string, labels: Readonly<Record<string, string>>, value = 1): void {
    const sample = `mail_${nameOf(name)}${labelText(labels)}`;
    const isKept = this.#values.has(sample) || this.#values.size < maxSamples;
    if (isKept) this.#values.set(sample, (this.#values.get(sample) ?? 0) + value);
    else this.#values.set(dropped, (this.#values.get(dropped) ?? 0) + 1);
  }

  /** As Prometheus text (version 0.0.4). */
  get text(): string {
    return [...this.#values].map(([sample, value]) => `${sample} ${value}\n`).join('');
  }
}

const dropped = 'mail_metrics_dropped_total{}';

/** `durationMs` as `duration_ms`. */
function nameOf(name: string): string {
  return name.replaceAll(/\W/g, '_').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${nameOf(name)}="${escaped(value)}"`);
  return `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
