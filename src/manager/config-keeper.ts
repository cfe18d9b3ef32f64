import { diffConfig, type ConfigDiff } from '../config/diff.ts';
import type { HostConfig, PluginConfig } from '../config/host-config.ts';
import { loadConfig, parseFile } from '../config/load.ts';
import { resolveConfig, type ConfigOptions } from '../config/parse.ts';
import { PluginError } from '../core/errors.ts';
import { watchFile } from '../core/file-watch.ts';
import { readText } from '../core/read-text.ts';
import { applyChanges, type Preparation } from './change-set.ts';
import { addition, alteration, runnable, type Workshop } from './config-changes.ts';
import type { Entry } from './entry.ts';
import type { Undo } from './events.ts';
import type { Shared } from './shared.ts';
import { startGroups } from './start-groups.ts';
import type { ReloadReport } from './view.ts';

/** The largest configuration that is read, in bytes. */
const maxBytes = 2 ** 20;

/** A configuration: its file, or what stands in one. */
export type ConfigInput = string | object;

/** Brings a manager to what its configuration says, one after the other, each as a whole or not at all. */
export class ConfigKeeper {
  readonly #workshop: Workshop;
  readonly #shared: Shared;
  readonly #options: ConfigOptions;
  #current: HostConfig | undefined;
  #path: string | undefined;
  #changes: Promise<unknown> = Promise.resolve();
  readonly #watches = new Set<() => Promise<void>>();

  constructor(workshop: Workshop, shared: Shared, options: ConfigOptions) {
    this.#workshop = workshop;
    this.#shared = shared;
    this.#options = options;
  }

  /** The configuration in force; undefined before the first. */
  get current(): HostConfig | undefined {
    return this.#current;
  }

  /** What a configuration would change. */
  async plan(input: ConfigInput): Promise<ConfigDiff> {
    return diffConfig(this.#current, await this.#read(input));
  }

  /** Reads a configuration and applies what is different in it; without one, the last file again. */
  reload(input: ConfigInput | undefined = this.#path): Promise<ReloadReport> {
    if (input === undefined) return Promise.reject(nothingLoaded());
    if (typeof input === 'string') this.#path = input;
    return this.#tell(async () => this.#apply(await this.#read(input)));
  }

  /** Applies the file now and whenever it changes; what is wrong in it is told, and the last good one stays. */
  async watch(path: string): Promise<Undo> {
    const text = await readText(path, maxBytes);
    this.#path = path;
    await this.#tell(() => this.#apply(parseFile(text, path, this.#options)));
    const { clock } = this.#shared;
    const watch = await watchFile({
      path,
      maxBytes,
      clock,
      known: text,
      onText: async (changed) => {
        await this.#tell(() => this.#apply(parseFile(changed, path, this.#options))).catch(() => {}); // it was told
      },
      onProblem: (error) => this.#failed(error),
    });
    const end = (): Promise<void> => watch.close();
    this.#watches.add(end);
    return () => {
      this.#watches.delete(end);
      void end();
    };
  }

  /** Ends every watch and waits for a change under way. */
  async close(): Promise<void> {
    const ends = [...this.#watches].map(async (end) => end());
    this.#watches.clear();
    await Promise.all([...ends, this.#changes]);
  }

  async #read(input: ConfigInput): Promise<HostConfig> {
    if (typeof input !== 'string') return resolveConfig(input, this.#options);
    return loadConfig(input, this.#options);
  }

  /** One change after the other; each is told, whatever comes of it. */
  #tell(change: () => Promise<ReloadReport>): Promise<ReloadReport> {
    const after = this.#changes.then(change);
    this.#changes = after.catch(() => {});
    after.then(
      (report) => {
        this.#shared.metrics?.configReloaded(true);
        this.#shared.events.emit('reload', { report, error: undefined });
      },
      (error: unknown) => this.#failed(PluginError.from(error, 'CONFIG_1703')),
    );
    return after;
  }

  #failed(error: PluginError): void {
    const { logger, events, metrics } = this.#shared;
    metrics?.configReloaded(false);
    logger.error(`the configuration was not taken up: ${error.message}`, { code: error.code });
    events.emit('reload', { report: undefined, error });
  }

  async #apply(next: HostConfig): Promise<ReloadReport> {
    const { clock } = this.#shared;
    const startedAt = clock.now();
    const diff = diffConfig(this.#current, next);
    const { registry } = this.#workshop;
    const gone = this.#gone(diff);
    const cancelled = await applyChanges({
      ...this.#preparations(diff, next),
      removals: gone.map((entry) => async () => {
        const { cancelled: late } = await registry.remove(entry, next.reload.drainTimeoutMs);
        return late;
      }),
    });
    this.#current = next;
    registry.disable(new Set(next.plugins.filter(({ enabled }) => !enabled).map(({ name }) => name)));
    return { ...diff, cancelled, durationMs: clock.now() - startedAt };
  }

  /** What the configuration brought and names no more; what code has registered stays. */
  #gone({ removed }: ConfigDiff): readonly Entry[] {
    const own = runnable(this.#current).filter(({ name }) => removed.includes(name));
    return own.flatMap(({ name }) => this.#workshop.registry.find(name) ?? []);
  }

  /** Plugins that code has registered, and for which the configuration has settings. */
  #named({ added }: ConfigDiff, next: HostConfig): readonly PluginConfig[] {
    const named = next.plugins.filter(({ name, source }) => source === undefined && added.includes(name));
    const isThere = ({ name }: PluginConfig): boolean => this.#workshop.registry.find(name) !== undefined;
    for (const { name } of named.filter((plugin) => !isThere(plugin))) {
      const message = `the configuration names '${name}' but not where it is, and no code has registered it`;
      this.#shared.logger.warn(message, { plugin: name });
    }
    return named.filter(isThere);
  }

  #preparations(
    diff: ConfigDiff,
    next: HostConfig,
  ): { groups: readonly (readonly Preparation[])[]; visible: readonly Preparation[] } {
    const { strategy } = next.reload;
    const plugins = runnable(next);
    const added = plugins.filter(({ name }) => diff.added.includes(name));
    const alter = (isVisible: boolean): Preparation[] =>
      diff.changed
        .filter(({ structural }) => (structural && strategy !== 'graceful') === isVisible)
        .flatMap(({ name, structural }) => {
          const plugin = next.plugins.find((one) => one.name === name);
          const isThere = this.#workshop.registry.find(name) !== undefined;
          return plugin === undefined || !isThere
            ? []
            : [alteration(plugin, structural, strategy, this.#workshop)];
        });
    const groups = startGroups(added).map((group) => group.map((plugin) => addition(plugin, this.#workshop)));
    const named = this.#named(diff, next).map((one) => alteration(one, false, strategy, this.#workshop));
    return { groups: [...groups, [...named, ...alter(false)]], visible: alter(true) };
  }
}

function nothingLoaded(): PluginError {
  const message = 'no configuration was loaded from a file yet. Give reloadConfig a path or an object.';
  return new PluginError('CONFIG_1701', { message });
}
