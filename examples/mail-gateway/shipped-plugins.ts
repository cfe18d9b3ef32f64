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
 * when it was taken up, `drop` when it was not. A plugin may move from this process to one of its own, and back.
 */
export async function exchangeShipped(
  manager: PluginManager<EmailHooks>,
  before: readonly OwnPlugin[],
  after: readonly OwnPlugin[],
  config: object,
): Promise<{ keep(): Promise<void>; drop(): Promise<void> }> {
  const added = after.filter(({ name }) => !manager.has(name));
  const moved = without(without(after, before), added);
  for (const { name, source, settings } of added) await manager.register(name, source, settings);
  // What runs apart now is the configuration's: it was replaced, and stays.
  const apart = resolveConfig(config).plugins.filter(
    ({ source, enabled }) => source !== undefined && enabled,
  );
  const gone = without(without(before, after), apart);
  const unregister = async (plugins: readonly OwnPlugin[]): Promise<void> => {
    for (const { name } of plugins) await manager.unregister(name);
  };
  return {
    async keep() {
      await unregister(gone);
      for (const { name, source } of moved) await manager.replace(name, source);
    },
    drop: () => unregister(added),
  };
}

type Named = Pick<OwnPlugin, 'name'>;

function without(plugins: readonly OwnPlugin[], others: readonly Named[]): readonly OwnPlugin[] {
  return plugins.filter(({ name }) => others.every((other) => other.name !== name));
}
