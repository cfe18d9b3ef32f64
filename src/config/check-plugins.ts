import type { ErrorCode } from '../core/error-codes.ts';
import { isPluginError } from '../core/errors.ts';
import { checkPluginName } from '../core/names.ts';
import type { AuthConfig } from './auth.ts';
import type { Finding } from './finding.ts';
import type { HostEntry } from './host-schema.ts';
import type { PluginEntry } from './plugin-schema.ts';
import { locate, type Tree } from './tree.ts';

/** What no schema of one field can say: names that are taken, credentials that are missing. */
export function checkPlugins(host: HostEntry, tree: Tree, report: (finding: Finding) => void): void {
  const taken = new Set<string>();
  for (const [index, plugin] of host.plugins.entries()) {
    const here = locate(tree, ['plugins', index]);
    checkName(plugin, here, taken, report);
    const missing = missingCredential(plugin.auth);
    if (missing !== undefined) {
      const { at, path } = locate(here, ['auth', 'method']);
      report({ ...missing, at, path });
    }
    checkDependencies(plugin, here, report);
  }
  if (host.plugins.length > 0 || host.discovery !== undefined) return;
  const message = 'names no plugin and no directory to look for some; add plugins or discovery.directories';
  report({ code: 'PLUGIN_1009', at: undefined, path: '', message });
}

function checkName(
  plugin: PluginEntry,
  here: Tree,
  taken: Set<string>,
  report: (finding: Finding) => void,
): void {
  const { at, path } = locate(here, ['name']);
  const wrong = wrongName(plugin.name);
  if (wrong !== undefined) report({ code: 'PLUGIN_1001', at, path, message: wrong });
  else if (taken.has(plugin.name)) {
    report({
      code: 'PLUGIN_1010',
      at,
      path,
      message: `'${plugin.name}' is already the name of another plugin`,
    });
  }
  taken.add(plugin.name);
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
    const { at, path } = locate(here, ['dependencies', index]);
    const wrong = name === plugin.name ? 'a plugin cannot depend on itself' : wrongName(name);
    if (wrong !== undefined) report({ code: 'CONFIG_1703', at, path, message: wrong });
  }
}
