import { isSecretKey, redacted, redactText } from '../core/redact.ts';
import { isMap, keysOf, sameData, valueOf } from './equal.ts';
import type { HostConfig, PluginConfig } from './host-config.ts';
import type { Secrets } from './secrets.ts';

/** What has to be done so that one configuration becomes another. Plain data, safe to print: secrets are masked. */
export interface ConfigDiff {
  /** Names of plugins to start, in the order of the configuration: new ones and ones that were disabled. */
  readonly added: readonly string[];
  /** Names of plugins to drain and stop: ones that are gone and ones that are disabled now. */
  readonly removed: readonly string[];
  readonly changed: readonly PluginChange[];
  /** Names of plugins that stay as they are. */
  readonly unchanged: readonly string[];
  /** What changed beside the plugins. */
  readonly host: readonly FieldChange[];
}

/** A plugin that runs before and after. */
export interface PluginChange {
  readonly name: string;
  readonly fields: readonly FieldChange[];
  /** Whether a field changed that only a new instance can take up. */
  readonly structural: boolean;
}

/** A field that changed. */
export interface FieldChange {
  /** As in `PluginConfig`, or in `HostConfig`: `settings.retry.maxRetries`. */
  readonly path: string;
  /** Undefined where there was none; `[redacted]` or the text as written for a secret. */
  readonly before: unknown;
  readonly after: unknown;
}

/** What a running plugin takes up without a new instance; everything else is structural. */
const inPlace = [
  'labels',
  'annotations',
  'dependencies',
  'settings.timeoutMs',
  'settings.startTimeoutMs',
  'settings.drainTimeoutMs',
  'settings.reloadCooldownMs',
  'settings.start',
  'settings.restart',
  'settings.retry',
  'settings.circuitBreaker',
  'settings.rateLimit',
  'settings.concurrency',
  'settings.healthCheck',
  'settings.logLevel',
  'settings.config',
  'settings.priority',
  'settings.onFailure',
  'settings.hooks',
];

/** Whether a change of this field of a plugin needs a new instance. */
export function isStructural(path: string): boolean {
  return !inPlace.some((field) => path === field || path.startsWith(`${field}.`));
}

/** Compares every field of two configurations; without one before, everything is new. */
export function diffConfig(before: HostConfig | undefined, after: HostConfig): ConfigDiff {
  const old = new Map(running(before).map((plugin) => [plugin.name, plugin]));
  const next = running(after);
  const names = new Set(next.map(({ name }) => name));
  const changed: PluginChange[] = [];
  const unchanged: string[] = [];
  const shown = { before: before?.secrets ?? after.secrets, after: after.secrets };
  for (const plugin of next) {
    const was = old.get(plugin.name);
    const fields = was === undefined ? [] : changesOf(was, plugin, shown);
    if (fields.length > 0) {
      changed.push({ name: plugin.name, fields, structural: fields.some(({ path }) => isStructural(path)) });
    } else if (was !== undefined) unchanged.push(plugin.name);
  }
  return {
    added: next.map(({ name }) => name).filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !names.has(name)),
    changed,
    unchanged,
    host: changesOf(
      { ...(before ?? after), plugins: [], secrets: [] },
      { ...after, plugins: [], secrets: [] },
      shown,
    ),
  };
}

function running(config: HostConfig | undefined): readonly PluginConfig[] {
  return (config?.plugins ?? []).filter(({ enabled }) => enabled);
}

interface Shown {
  readonly before: Secrets;
  readonly after: Secrets;
}

/** Maps are compared key by key down to their leaves; lists and a plugin's own config count as one. */
function changesOf(before: object, after: object, shown: Shown, prefix = ''): FieldChange[] {
  const [a, b] = [{ ...before }, { ...after }] as [Record<string, unknown>, Record<string, unknown>];
  return keysOf(a, b).flatMap((key): FieldChange[] => {
    const [was, is] = [valueOf(a, key), valueOf(b, key)];
    if (sameData(was, is)) return [];
    const path = prefix + key;
    if (isMap(was) && isMap(is)) return changesOf(was, is, shown, `${path}.`);
    return [{ path, before: masked(was, key, shown.before), after: masked(is, key, shown.after) }];
  });
}

/** A value as it may be printed. */
function masked(value: unknown, key: string, secrets: Secrets): unknown {
  const template = secrets.templateOf(value);
  if (template !== undefined) return template;
  if (Array.isArray(value)) return value.map((item) => masked(item, key, secrets));
  if (isMap(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, masked(part, name, secrets)]),
    );
  }
  if (typeof value !== 'string' || value === '') return value;
  return isSecretKey(key) ? redacted : redactText(value);
}
