import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { emailTables } from '../support/email-table.ts';

const page = fileURLToPath(new URL('../../docs/email.md', import.meta.url));
const generated = /(?<=<!-- hooks -->\n)[\s\S]*(?=\n<!-- \/hooks -->)/;

/** `npx vitest run test/email/docs.test.ts -u` writes the tables anew. */
describe('docs/email.md', () => {
  it('has the table of the hooks as they are in the code', async () => {
    const text = readFileSync(page, 'utf8');
    expect(text).toMatch(generated);
    await expect(text.replace(generated, emailTables().replaceAll('$', '$$$$'))).toMatchFileSnapshot(page);
  });
});
