import type { PluginManager } from 'plugboard';
import { resolveConfig } from 'plugboard/config';
import type { EmailHooks } from 'plugboard/email';
import { inProcess } from 'plugboard/transports';
import type { OwnPlugin } from './own-plugin.ts';
import { isMailPlugin, mailPlugins } from './plugins/index.ts';

/**
 * The plugins that come with the gateway and that a file only names: `- name: greylist`. They run in this process; with
 * `command` or `file` the same plugin runs apart, and is none of these.
 * @throws {PluginError} naming everything that is wrong with the file.
 */
export async function shippedIn(plugins: object | undefined): Promise<OwnPlugin[]> {
  if (plugins === undefined) return [];
  const named = resolveConfig(plugins).plugins.filter(
    ({ source, enabled }) => source === undefined && enabled,
  );
  return Promise.all(
    named.flatMap(({ name, settings: { config, priority } }) =>
      isMailPlugin(name)
        ? [
            mailPlugins[name]().then((plugin) => ({
              name,
              source: inProcess(plugin),
              settings: { config, priority },
            })),
          ]
        : [],
    ),
  );
}

/**
 * Makes the plugins that a new file names known before it is taken up; the returned functions do what is left: `keep`
 * when it was taken up, `drop` when it was not.
 */
export async function exchangeShipped(
  manager: PluginManager<EmailHooks>,
  before: readonly OwnPlugin[],
  after: readonly OwnPlugin[],
): Promise<{ keep(): Promise<void>; drop(): Promise<void> }> {
  const added = after.filter(({ name }) => !manager.has(name));
  for (const { name, source, settings } of added) await manager.register(name, source, settings);
  const gone = before.filter(({ name }) => after.every((other) => other.name !== name));
  const unregister = async (plugins: readonly OwnPlugin[]): Promise<void> => {
    for (const { name } of plugins) await manager.unregister(name);
  };
  return { keep: () => unregister(gone), drop: () => unregister(added) };
}
