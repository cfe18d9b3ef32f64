import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { silentLogger, Simple, systemClock, type ConfigReload, type PluginManager } from 'plugboard';
import type { Answer, Ask } from '../lifecycle/bees.ts';
import { managed } from '../support/managed.ts';
import { tempFolder } from '../support/temp-folder.ts';

const program = fileURLToPath(new URL('../lifecycle/programs/bee.mjs', import.meta.url));

/** How a bee is configured: its arguments, and more fields of its entry. */
export interface BeeEntry {
  readonly args?: readonly string[];
  readonly [field: string]: unknown;
}

/** A configuration of plugins that are real child processes, as the text of a YAML file (JSON is YAML). */
export function hiveText(bees: Readonly<Record<string, BeeEntry>>, more: object = {}): string {
  const plugins = Object.entries(bees).map(([name, { args = [name], ...entry }]) => ({
    name,
    type: 'subprocess',
    executable: process.execPath,
    args: [program, ...args],
    ...entry,
  }));
  return JSON.stringify({ ...more, plugins }, undefined, 2);
}

/** A host that is run from one file. */
export interface Hive extends AsyncDisposable {
  readonly manager: PluginManager<Ask, Answer>;
  readonly path: string;
  /** Writes the file anew. */
  write(bees: Readonly<Record<string, BeeEntry>>, more?: object): Promise<void>;
  /** Who answers, by the name it was started with. */
  ask(plugin: string): Promise<Answer>;
  /** The next reload, whatever came of it. */
  nextReload(): Promise<ConfigReload>;
}

/** A host without plugins, and an empty folder for its file. */
export async function hive({ clock = systemClock, log = silentLogger } = {}): Promise<Hive> {
  const folder = await tempFolder();
  const host = await managed(Simple<Ask, Answer>().withClock(clock).withLogger(log).build());
  const manager = host.manager.dynamic();
  const path = `${folder.path}/hive.yaml`;
  return {
    manager,
    path,
    write: (bees, more) => writeFile(path, hiveText(bees, more)),
    ask: (plugin) => manager.execute(plugin, { id: 1 }),
    nextReload: () =>
      new Promise((resolve) => {
        const undo = manager.on('reload', (event) => {
          undo();
          resolve(event);
        });
      }),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
