import { environmentVariables } from '../../src/config/environment.ts';
import { fileName } from '../../src/config/field-names.ts';
import { formatDuration, formatSize } from '../../src/core/units.ts';
import { configModel, valuesOf, type Field, type Section } from './config-model.ts';

/** Every key of a configuration file as tables of Markdown, a heading for each map. */
export function configReference(): string {
  return [...configModel().map(sectionText), environmentText()].join('\n\n');
}

const headings: Readonly<Record<string, string>> = {
  HostConfig: 'The host',
  PluginConfig: 'A plugin',
  PluginSettings: 'Defaults',
};

function headingOf(title: string): string {
  return (
    headings[title] ??
    title.replace(/(?:Config|Settings)$/, '').replace(/\B[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  );
}

function sectionText({ title, comment, fields }: Section): string {
  const rows = fields.map(
    (field) => `| \`${field.name}\` | ${typeOf(field)} | ${presetOf(field)} | ${cell(whatOf(field))} |`,
  );
  return [
    `### ${headingOf(title)}`,
    '',
    title === 'HostConfig' ? 'The keys of a file.' : comment,
    '',
    '| key | value | default | what |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function whatOf({ comment, field, name, names }: Field): string {
  const plain = new Set([name, field]);
  const aliases = names.filter(
    (one) => /^[a-z_]+$/.test(one) && !plain.has(one) && one.includes('_') && !/_(ms|bytes)$/.test(one),
  );
  return aliases.length === 0 ? comment : `${comment} Also \`${aliases.join('`, `')}\`.`.trim();
}

function typeOf({ part, unit, section, field }: Field): string {
  if (section !== undefined) {
    const link = `[${headingOf(section).toLowerCase()}](#${headingOf(section).toLowerCase().replaceAll(' ', '-')})`;
    if (valuesOf(part) !== undefined) return `map of ${link}`;
    return part.items === undefined ? link : `list of ${link}`;
  }
  if (unit !== undefined) return unit === 'duration' ? 'time' : 'size';
  if (field === 'onFailure') return '`open`, `closed`, or `{ closed: 421 }` with a code';
  const values = part['enum'] ?? (part['const'] === undefined ? undefined : [part['const']]);
  if (Array.isArray(values)) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (part.type === 'array') return 'list';
  if (part.type === 'object') return 'map';
  if (part.type === 'integer') return 'whole number';
  if (part.type === 'boolean') return 'true or false';
  return field === 'config' ? 'anything' : (part.type ?? 'anything').replace('string', 'text');
}

function presetOf({ part, unit, section }: Field): string {
  const { default: preset } = part;
  if (section !== undefined || preset === undefined || isEmpty(preset)) return '';
  if (typeof preset !== 'number' || unit === undefined)
    return `\`${typeof preset === 'string' ? preset : JSON.stringify(preset)}\``;
  return `\`${unit === 'duration' ? formatDuration(preset) : formatSize(preset)}\``;
}

function isEmpty(preset: unknown): boolean {
  return typeof preset === 'object' && preset !== null && Object.keys(preset).length === 0;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function environmentText(): string {
  const kinds = {
    seconds: 'a number of seconds',
    megabytes: 'a number of megabytes',
    boolean: 'true, 1, yes, on, enabled; else false',
    list: 'a list with commas',
  };
  const rows = environmentVariables.map(
    ({ name, field, as }) =>
      `| \`${name}\` | \`${field.map(fileName).join('.')}\` | ${as === undefined ? 'as in a file' : kinds[as]} |`,
  );
  return [
    '### Environment',
    '',
    'Each stands over the file; an empty one says nothing.',
    '',
    '| variable | key | value |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}
