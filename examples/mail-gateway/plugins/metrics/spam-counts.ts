import type { SpamScore } from 'plugboard/email';
import type { Samples } from './samples.ts';

/** Around the sums that mean something: 4 greylists, 6 tags, 15 refuses. */
const buckets = ['0', '2', '4', '6', '8', '10', '15', '20', '+Inf'] as const;

/** Filters have hundreds of rules; whatever is beyond so many, or has no name of a rule, is `_OTHER`. */
const maxSymbols = 500;
const isName = (name: string): boolean => /^\w{1,64}$/.test(name);

/** Counts what spam filters made of messages: `mail_spam_score` as a histogram, `mail_spam_symbols_total`. */
export class SpamCounts {
  readonly #samples: Samples;
  readonly #known = new Set<string>();

  constructor(samples: Samples) {
    this.#samples = samples;
  }

  count({ score = 0, symbols = [] }: SpamScore): void {
    for (const le of buckets) this.#samples.add('spam_score_bucket', { le }, score <= boundOf(le) ? 1 : 0);
    this.#samples.add('spam_score_sum', {}, score);
    this.#samples.add('spam_score_count', {});
    for (const { name } of symbols) this.#samples.add('spam_symbols_total', { symbol: this.#labelOf(name) });
  }

  #labelOf(name: string): string {
    if (this.#known.has(name)) return name;
    if (this.#known.size >= maxSymbols || !isName(name)) return '_OTHER';
    this.#known.add(name);
    return name;
  }
}

function boundOf(le: (typeof buckets)[number]): number {
  return le === '+Inf' ? Infinity : Number(le);
}
