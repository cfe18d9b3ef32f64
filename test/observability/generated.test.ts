import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = new URL('../../scripts/observability/files.mjs', import.meta.url).href;
const { generated } = (await import(script)) as { generated: Readonly<Record<string, string>> };

describe('what is made from the table of metrics', () => {
  it.each(Object.entries(generated))('is current: %s', (path, text) => {
    expect(readFileSync(`${root}/${path}`, 'utf8') === text, 'run `npm run generate`').toBe(true);
  });
});
