import { durationPattern, sizePattern } from '../../src/core/units.ts';
import { documentKeys } from '../../src/config/moves.ts';
import { configModel, valuesOf, type Field, type Part, type Section } from './config-model.ts';

type Json = Readonly<Record<string, unknown>>;

/** The JSON Schema of configuration files, for editors: what a person types, in every spelling. */
export function configJsonSchema(): Json {
  const model = configModel();
  const definitions = Object.fromEntries(model.map((section) => [section.title, definition(section)]));
  const { HostConfig: host, ...rest } = definitions;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A configuration of plugboard',
    ...host,
    $defs: { ...rest, Variable: { type: 'string', pattern: '\\$\\{' } },
  };
}

function definition(section: Section): Json {
  const own = Object.fromEntries(section.fields.map((field) => [field.name, valueOf(field)]));
  const isRoot = section.title === 'HostConfig';
  const others = section.fields.map((field) => {
    const names = field.names.filter((name) => name !== field.name);
    return [`^(${names.join('|')})$`, withoutWords(valueOf(field))] as const;
  });
  const required = section.fields.filter(({ field }) => ['name'].includes(field)).map(({ name }) => name);
  return {
    description: section.comment,
    type: 'object',
    properties: {
      ...own,
      ...(section.canBeOff && !('enabled' in own) && { enabled: { type: 'boolean', default: true } }),
      ...(isRoot && { $schema: { type: 'string' } }),
    },
    // Editors suggest properties, and accept these as well.
    patternProperties: {
      ...Object.fromEntries(others.filter(([pattern]) => pattern !== '^()$')),
      ...(isRoot && { [`^(${documentKeys.flatMap((key) => [key, camelCase(key)]).join('|')})$`]: {} }),
    },
    additionalProperties: false,
    ...(required.length > 0 && { required }),
  };
}

function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function withoutWords(schema: Json): Json {
  const rules = Object.entries(schema).filter(([key]) => key !== 'description' && key !== 'default');
  return Object.fromEntries(rules);
}

function valueOf(field: Field): Json {
  const { default: preset, ...part } = field.part;
  const shape = shapeOf(field, part);
  const isOff =
    field.section !== undefined && (field.part.type === 'object' || field.part.properties !== undefined);
  return {
    description: field.comment,
    ...(preset !== undefined && field.section === undefined && { default: preset }),
    ...(isOff && field.field !== 'auth' ? { anyOf: [shape, { const: false }] } : shape),
  };
}

function shapeOf(field: Field, part: Part): Json {
  const variable = { $ref: '#/$defs/Variable' };
  if (field.field === 'plugins') {
    const entry = { anyOf: [{ $ref: '#/$defs/PluginConfig' }, { type: 'string' }] };
    return {
      anyOf: [
        { type: 'array', items: entry },
        { type: 'object', description: 'The mail server’s table.' },
      ],
    };
  }
  if (field.field === 'dependencies') {
    return { type: 'array', items: { anyOf: [{ $ref: '#/$defs/DependencyConfig' }, { type: 'string' }] } };
  }
  if (field.field === 'instances')
    return { anyOf: [{ $ref: '#/$defs/InstancesSettings' }, { type: 'integer', minimum: 1 }] };
  if (field.field === 'jitter') return { anyOf: [part, { type: 'boolean' }, variable] };
  if (field.field === 'env') {
    const pairs = { type: 'array', items: { type: 'string', pattern: '=' } };
    return {
      anyOf: [{ type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } }, pairs],
    };
  }
  if (field.section !== undefined) {
    const ref = { $ref: `#/$defs/${field.section}` };
    return valuesOf(part) === undefined ? ref : { type: 'object', additionalProperties: ref };
  }
  if (field.unit !== undefined)
    return { anyOf: [{ type: 'number', minimum: 0 }, unitText(field.unit), variable] };
  const isText = part.type === 'string' && part['enum'] === undefined && part['format'] === undefined;
  const isPlain = part.type === undefined || part.type === 'array' || part.type === 'object' || isText;
  return isPlain ? part : { anyOf: [part, variable] };
}

function unitText(unit: 'duration' | 'size'): Json {
  return unit === 'duration'
    ? { type: 'string', pattern: durationPattern, description: '100ms, 30s, 5m, 1h' }
    : { type: 'string', pattern: sizePattern, description: '50MB, 512KiB, 1GiB' };
}
