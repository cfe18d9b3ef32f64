import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { example } from './word-score.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/writing-a-plugin.md', import.meta.url)), 'utf8');

/** What the page quotes in each language, and the files that it quotes. */
const quoted = [
  { language: 'python', files: ['python/word_score.py'] },
  { language: 'go', files: ['go/wordscore/main.go'] },
  { language: 'awk', files: ['awk/word-score.awk'] },
];

test.each(quoted)(
  'what docs/writing-a-plugin.md quotes in $language stands in the example',
  ({ language, files }) => {
    const sources = files.map((file) => readFileSync(example(file), 'utf8')).join('\n');
    const quotes = Array.from(
      page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')),
      ([, quote = '']) => quote,
    );
    expect(quotes).not.toEqual([]);
    for (const quote of quotes) expect(sources).toContain(quote);
  },
);
