// Every file that is made from the table of metrics.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { onePlugin, overview } from './dashboards.mjs';
import { withTable } from './metric-table.mjs';
import { rules } from './rules.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @param {unknown} value */
const json = (value) => `${JSON.stringify(value, null, 2)}\n`;

const about = '# Alert rules for Prometheus, made by `npm run generate` from the table of metrics.\n';

/** Paths from the root of the repository, and what has to stand there. */
export const generated = {
  'observability/dashboards/plugboard-overview.json': json(overview),
  'observability/dashboards/plugboard-plugin.json': json(onePlugin),
  'observability/dashboards/plugboard-rules.yaml': about + stringify(rules, { lineWidth: 0 }),
  'docs/observability.md': withTable(readFileSync(`${root}/docs/observability.md`, 'utf8')),
};
