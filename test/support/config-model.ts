import * as z from 'zod';
import { fileURLToPath } from 'node:url';
import { fileName, hiddenFields, namesOf, switchedFields, unitOf } from '../../src/config/field-names.ts';
import { hostSchema } from '../../src/config/host-schema.ts';
import { interfaceComments } from './doc-comments.ts';

/** A part of a JSON Schema. */
export interface Part {
  readonly [keyword: string]: unknown;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly items?: Part;
  readonly additionalProperties?: Part | false;
  readonly default?: unknown;
}

/** One map of a configuration, with its fields. */
export interface Section {
  /** The name of its interface. */
  readonly title: string;
  readonly comment: string;
  readonly fields: readonly Field[];
  readonly canBeOff: boolean;
}

/** A field as a file has it. */
export interface Field {
  readonly field: string;
  readonly name: string;
  readonly names: readonly string[];
  readonly comment: string;
  readonly part: Part;
  readonly unit: 'duration' | 'size' | undefined;
  /** The section it holds, or a list of. */
  readonly section: string | undefined;
}

/** The interfaces whose comments tell what the fields of a map are, by the field that holds the map. */
const interfaces: Readonly<Record<string, readonly string[]>> = {
  host: ['HostConfig'],
  defaults: ['PluginSettings'],
  plugins: ['PluginConfig', 'PluginEntry', 'PluginSettings', 'ProgramConfig', 'WorkerConfig', 'GrpcConfig'],
  restart: ['RestartSettings'],
  retry: ['RetrySettings'],
  circuitBreaker: ['CircuitBreakerSettings'],
  rateLimit: ['RateLimitSettings'],
  concurrency: ['ConcurrencySettings'],
  healthCheck: ['HealthCheckSettings'],
  instances: ['InstancesSettings'],
  hooks: ['HookSettings'],
  auth: ['AuthConfig'],
  connection: ['ConnectionConfig'],
  dependencies: ['DependencyConfig'],
  discovery: ['DiscoveryConfig'],
  security: ['SecurityConfig'],
  audit: ['AuditConfig'],
  metrics: ['MetricsConfig'],
  prometheus: ['PrometheusConfig'],
  otlp: ['OtlpConfig'],
  tracing: ['TracingConfig'],
  reload: ['ReloadConfig'],
  limits: ['LimitsConfig'],
  marketplace: ['MarketplaceConfig'],
};

const comments = interfaceComments(fileURLToPath(new URL('../../src/config/', import.meta.url)));

/** Every map of a configuration, the whole host first. */
export function configModel(): readonly Section[] {
  const root = z.toJSONSchema(hostSchema, { io: 'input', unrepresentable: 'any' }) as Part;
  const sections = new Map<string, Section>();
  addSection('host', root, sections);
  return [...sections.values()];
}

function addSection(holder: string, part: Part, sections: Map<string, Section>): string {
  const known = interfaces[holder];
  if (known === undefined) throw new Error(`test/support/config-model.ts names no interface for ${holder}`);
  const [own = ''] = known;
  const title = holder === 'defaults' ? 'PluginSettings' : own;
  if (sections.has(title)) return title;
  const comment = comments.get(title)?.itself ?? '';
  sections.set(title, { title, comment, fields: [], canBeOff: switchedFields.has(holder) }); // keeps its place
  const given = Object.entries(part.properties ?? {}).filter(
    ([field]) => !hiddenFields.has(field) && field !== '$schema',
  );
  const fields = given.map(([field, inner]) => fieldOf(field, inner, known, sections));
  sections.set(title, { title, comment, fields, canBeOff: switchedFields.has(holder) });
  return title;
}

function fieldOf(field: string, part: Part, known: readonly string[], sections: Map<string, Section>): Field {
  const map = part.properties === undefined ? (part.items ?? valuesOf(part)) : part;
  const section = map?.properties === undefined ? undefined : addSection(field, map, sections);
  const comment = known
    .map((title) => comments.get(title)?.fields.get(field))
    .find((text) => text !== undefined);
  return {
    field,
    name: fileName(field),
    names: namesOf(field),
    comment: comment ?? (section === undefined ? '' : (comments.get(section)?.itself ?? '')),
    part,
    unit: unitOf(field),
    section,
  };
}

/** What every value of a map is, where its keys are the user's. */
export function valuesOf({ additionalProperties: values }: Part): Part | undefined {
  return values === false || values?.properties === undefined ? undefined : values;
}
