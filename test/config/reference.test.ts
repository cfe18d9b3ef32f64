import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from '../support/config-json-schema.ts';
import { configModel } from '../support/config-model.ts';
import { configReference } from '../support/config-reference.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = `${root}docs/configuration.md`;
const generated = /(?<=<!-- reference -->\n)[\s\S]*(?=\n<!-- \/reference -->)/;

/** `npm run reference` writes both files anew. */
describe('what is shipped about configuration', () => {
  it('has a JSON Schema that is the schema of the code', async () => {
    const text = `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot(`${root}schema/plugboard.schema.json`);
  });

  it('has a page whose reference is the schema of the code', async () => {
    const text = readFileSync(page, 'utf8');
    expect(text).toMatch(generated);
    await expect(text.replace(generated, configReference().replaceAll('$', '$$$$'))).toMatchFileSnapshot(
      page,
    );
  });

  it('says what every key is for', () => {
    const silent = configModel().flatMap(({ title, fields }) =>
      fields.filter(({ comment }) => comment === '').map(({ field }) => `${title}.${field}`),
    );
    expect(silent).toEqual([]);
  });
});

describe('the JSON Schema', () => {
  const schema = z.fromJSONSchema(configJsonSchema());
  const read = (file: string): unknown => parse(readFileSync(`${root}test/fixtures/config/${file}`, 'utf8'));

  it.each(['go-plugins.yaml', 'go-plugins.json', 'mail-server.yaml'])('accepts %s', (file) => {
    expect(schema.safeParse(read(file)).error?.issues ?? []).toEqual([]);
  });

  it.each([
    [{ plugins: [{ name: 'a', comand: 'x' }] }],
    [{ plugins: [{ command: 'x' }] }],
    [{ plugins: ['a'], timeout: '30 seconds' }],
    [{ plugins: ['a'], log_level: 'loud' }],
    [{ plugin: [] }],
  ])('refuses %o', (file) => {
    expect(schema.safeParse(file).success).toBe(false);
  });
});
