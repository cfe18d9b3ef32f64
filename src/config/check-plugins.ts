import type { ErrorCode } from '../core/error-codes.ts';
import { isPluginError } from '../core/errors.ts';
import { checkPluginName } from '../core/names.ts';
import type { AuthConfig } from './auth.ts';
import type { Finding } from './finding.ts';
import type { PluginEntry } from './plugin-schema.ts';
import { sourceOf } from './source-of.ts';
import { child, locate, type Tree } from './tree.ts';

/** One entry and where it stands. */
export interface ReadPlugin {
  readonly entry: PluginEntry;
  readonly tree: Tree;
}

/** What no schema of one field can say: credentials and commands that are missing. */
export function checkPlugins(plugins: readonly ReadPlugin[], report: (finding: Finding) => void): void {
  for (const { entry, tree } of plugins) {
    const missing = missingCredential(entry.auth);
    if (missing !== undefined) {
      const { at, path } = locate(tree, ['auth', 'method']);
      report({ ...missing, at, path });
    }
    checkDependencies(entry, tree, report);
    sourceOf(entry, tree, report);
  }
}

/** Names stand in logs, errors and metrics. */
const secretName = 'must not come from a secret file';

/** Names are looked at in every entry, also in one that is wrong otherwise. */
export function checkNames(trees: readonly Tree[], report: (finding: Finding) => void): void {
  const taken = new Set<string>();
  for (const name of trees.map((tree) => child(tree, 'name'))) {
    if (name?.kind !== 'scalar' || typeof name.value !== 'string') continue;
    const { at, path, value } = name;
    const wrong = name.isSecret === true ? secretName : wrongName(value);
    if (wrong !== undefined) report({ code: 'PLUGIN_1001', at, path, message: wrong });
    else if (taken.has(value)) {
      report({ code: 'PLUGIN_1010', at, path, message: `'${value}' is already the name of another plugin` });
    }
    taken.add(value);
  }
}

function wrongName(name: string): string | undefined {
  try {
    checkPluginName(name);
    return undefined;
  } catch (error) {
    return isPluginError(error) ? error.rawMessage : String(error);
  }
}

function missingCredential(auth: AuthConfig): { code: ErrorCode; message: string } | undefined {
  const { method } = auth;
  if (method === 'api-key' && !auth.apiKey) return { code: 'AUTH_1101', message: 'needs an api_key' };
  if (method === 'bearer' && !auth.token) return { code: 'AUTH_1102', message: 'needs a token' };
  if (method === 'basic' && !(auth.username && auth.password)) {
    return { code: 'AUTH_1103', message: 'needs a username and a password' };
  }
  if (method === 'mtls' && !(auth.certFile && auth.keyFile)) {
    return { code: 'AUTH_1104', message: 'needs a cert_file and a key_file' };
  }
  return undefined;
}

function checkDependencies(plugin: PluginEntry, here: Tree, report: (finding: Finding) => void): void {
  for (const [index, { name }] of plugin.dependencies.entries()) {
    const given = locate(here, ['dependencies', index, 'name']);
    const isSecret = given.kind === 'scalar' && given.isSecret === true;
    const wrong = isSecret ? secretName : wrongName(name);
    const isItself = name === plugin.name ? 'a plugin cannot depend on itself' : undefined;
    const message = wrong ?? isItself;
    if (message !== undefined) report({ code: 'CONFIG_1703', at: given.at, path: given.path, message });
  }
}
