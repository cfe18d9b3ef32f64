// Writes what is made from the table of metrics: dashboards, alert rules, the table in the documentation.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generated } from './observability/files.mjs';

for (const [path, text] of Object.entries(generated)) {
  writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), text);
  console.log(path);
}
