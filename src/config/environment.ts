import { override } from './moves.ts';
import type { MapTree, Tree } from './tree.ts';

/** A variable of the environment that sets a field. */
export interface EnvironmentVariable {
  readonly name: string;
  /** The field, by the names of `HostConfig`. */
  readonly field: readonly string[];
  /** What its text is: a number of seconds, of megabytes, one of true, 1, yes, on, enabled, or a list with commas. */
  readonly as?: 'seconds' | 'megabytes' | 'boolean' | 'list';
}

/** Those of the email platform, then those of go-plugins. */
export const environmentVariables: readonly EnvironmentVariable[] = [
  { name: 'PLUGINS_DIR', field: ['discovery', 'directories'], as: 'list' },
  { name: 'PLUGIN_DATA_DIR', field: ['dataFolder'] },
  { name: 'PLUGIN_SECURITY_LEVEL', field: ['security', 'level'] },
  { name: 'PLUGIN_SANDBOX_ENABLED', field: ['security', 'sandbox'], as: 'boolean' },
  { name: 'PLUGIN_TIMEOUT_SECONDS', field: ['timeoutMs'], as: 'seconds' },
  { name: 'PLUGIN_MARKETPLACE_URL', field: ['marketplace', 'url'] },
  { name: 'PLUGIN_AUTO_UPDATE', field: ['marketplace', 'autoUpdate'], as: 'boolean' },
  { name: 'PLUGIN_UPDATE_CHECK_INTERVAL', field: ['marketplace', 'updateCheckIntervalMs'], as: 'seconds' },
  { name: 'PLUGIN_MAX_MEMORY_MB', field: ['limits', 'maxMemoryBytes'], as: 'megabytes' },
  { name: 'PLUGIN_MAX_EXECUTION_TIME', field: ['limits', 'maxCpuTimeMs'], as: 'seconds' },
  { name: 'PLUGIN_MAX_FILE_SIZE_MB', field: ['limits', 'maxFileBytes'], as: 'megabytes' },
  { name: 'GOPLUGINS_SECURITY_ENABLED', field: ['security', 'enabled'], as: 'boolean' },
  { name: 'GOPLUGINS_SECURITY_POLICY', field: ['security', 'policy'] },
  { name: 'GOPLUGINS_WHITELIST_FILE', field: ['security', 'whitelistFile'] },
  { name: 'GOPLUGINS_SECURITY_AUTO_UPDATE', field: ['security', 'autoUpdate'], as: 'boolean' },
  { name: 'GOPLUGINS_HASH_ALGORITHM', field: ['security', 'hashAlgorithm'] },
  { name: 'GOPLUGINS_VALIDATE_ON_START', field: ['security', 'validateOnStart'], as: 'boolean' },
  { name: 'GOPLUGINS_MAX_FILE_SIZE', field: ['security', 'maxFileBytes'] },
  { name: 'GOPLUGINS_ALLOWED_TYPES', field: ['security', 'allowedTypes'], as: 'list' },
  { name: 'GOPLUGINS_FORBIDDEN_PATHS', field: ['security', 'forbiddenPaths'], as: 'list' },
  { name: 'GOPLUGINS_WATCH_CONFIG', field: ['security', 'watch'], as: 'boolean' },
  { name: 'GOPLUGINS_RELOAD_DELAY', field: ['security', 'reloadDelayMs'] },
  { name: 'GOPLUGINS_AUDIT_ENABLED', field: ['security', 'audit', 'enabled'], as: 'boolean' },
  { name: 'GOPLUGINS_AUDIT_FILE', field: ['security', 'audit', 'file'] },
  { name: 'GOPLUGINS_LOG_UNAUTHORIZED', field: ['security', 'audit', 'logUnauthorized'], as: 'boolean' },
  { name: 'GOPLUGINS_LOG_AUTHORIZED', field: ['security', 'audit', 'logAuthorized'], as: 'boolean' },
  { name: 'GOPLUGINS_LOG_CONFIG_CHANGES', field: ['security', 'audit', 'logConfigChanges'], as: 'boolean' },
  { name: 'GOPLUGINS_INCLUDE_METADATA', field: ['security', 'audit', 'includeMetadata'], as: 'boolean' },
];

/** The tree with what the environment says over it; an empty variable says nothing. */
export function applyEnvironment(root: MapTree, env: Readonly<Record<string, string | undefined>>): MapTree {
  let made = root;
  for (const variable of environmentVariables) {
    const text = Object.hasOwn(env, variable.name) ? env[variable.name] : undefined;
    if (text) made = override(made, variable.field, valueOf(variable, text));
  }
  return made;
}

const truths = new Set(['true', '1', 'yes', 'on', 'enabled']);

function valueOf({ name, as }: EnvironmentVariable, text: string): Tree {
  const place = { at: undefined, path: `(environment ${name})` };
  const scalar = (value: unknown): Tree => ({ kind: 'scalar', ...place, value, template: text });
  if (as === 'boolean') return scalar(truths.has(text.toLowerCase()));
  if (as === 'list') {
    const items = text.split(',').map((part) => scalar(part.trim()));
    return { kind: 'list', ...place, items };
  }
  if (as === undefined || !/^\d+(\.\d+)?$/.test(text)) return scalar(text);
  return scalar(text + (as === 'seconds' ? 's' : 'MB'));
}
