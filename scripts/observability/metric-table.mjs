// The table of metrics for docs/observability.md.
import { descriptors } from '../../dist/observability/index.js';

const begin = '<!-- metrics: made by `npm run generate`, not by hand -->';
const end = '<!-- /metrics -->';

/** @param {typeof descriptors[number]} row */
function line({ name, type, labels, help }) {
  return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |`;
}

function table() {
  return [
    '| metric | type | labels | what it is |',
    '| --- | --- | --- | --- |',
    ...descriptors.map(line),
  ].join('\n');
}

/**
 * The page with the table as it is now.
 * @param {string} page
 */
export function withTable(page) {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to === -1)
    throw new Error('docs/observability.md has no place for the table of metrics');
  return `${page.slice(0, from)}${begin}\n\n${table()}\n\n${page.slice(to)}`;
}
