import { diffConfig, type ConfigDiff } from '../config/diff.ts';
import type { HostConfig, PluginConfig } from '../config/host-config.ts';
import { loadConfig, parseFile } from '../config/load.ts';
import { resolveConfig, type ConfigOptions } from '../config/parse.ts';
import type { ConfigProblem } from '../config/problems.ts';
import { checkText } from '../core/check-given.ts';
import { PluginError } from '../core/errors.ts';
import { watchFile } from '../core/file-watch.ts';
import { readText } from '../core/read-text.ts';
import { unloadRefusal } from '../discovery/dependents.ts';
import type { Needing } from '../discovery/start-order.ts';
import { applyChanges } from './change-set.ts';
import { changesOf, type Workshop } from './config-changes.ts';
import { cooldownLeftMs } from './cooldown.ts';
import { discover, news, withVersions, type Manifests } from './discovered.ts';
import { fieldsForNextStart, unfulfilled } from './host-notes.ts';
import { DiscoveryWatch } from './discovery-watch.ts';
import type { Undo } from './events.ts';
import { Postponed } from './postponed.ts';
import { isShutDown } from './refusals.ts';
import type { Shared } from './shared.ts';
import type { ReloadReport } from './view.ts';

/** The largest configuration that is read, in bytes. */
const maxBytes = 2 ** 20;

/** A configuration: its file, or what stands in one. */
export type ConfigInput = string | object;

/** How configurations are read, and the one that the host itself was made by. */
export interface KeeperParts {
  readonly options: ConfigOptions;
  readonly built: HostConfig | undefined;
}

/** Brings a manager to what its configuration says, one after the other, each as a whole or not at all. */
export class ConfigKeeper {
  readonly #workshop: Workshop;
  readonly #shared: Shared;
  readonly #options: ConfigOptions;
  readonly #built: HostConfig | undefined;
  readonly #discovery: DiscoveryWatch;
  /** Changes that nobody has called for, and that came too soon. */
  readonly #postponed: Postponed;
  /** As it was written; what discovery finds is not in it. */
  #written: HostConfig | undefined;
  #current: HostConfig | undefined;
  /** Of what was found. */
  #manifests: Manifests = new Map();
  #path: string | undefined;
  #changes: Promise<unknown> = Promise.resolve();
  /** Wishes that nobody fulfils, and that this was said of. */
  #unfulfilled: readonly string[] = [];
  readonly #watches = new Set<() => Promise<void>>();
  #isClosed = false;

  constructor(workshop: Workshop, shared: Shared, { options, built }: KeeperParts) {
    this.#workshop = workshop;
    this.#shared = shared;
    this.#options = { ...options, warn: (problem) => this.#unknownKey(problem) };
    this.#built = built;
    this.#postponed = new Postponed(shared.clock);
    this.#discovery = new DiscoveryWatch(shared, () => this.#lookAgain());
  }

  /** The configuration in force, with what was found; undefined before the first. */
  get current(): HostConfig | undefined {
    return this.#current;
  }

  /** What a configuration would change. */
  async plan(input: ConfigInput): Promise<ConfigDiff> {
    const { config, manifests } = await discover(await this.#read(input));
    return withVersions(diffConfig(this.#running, config), this.#manifests, manifests);
  }

  /** Reads a configuration and applies what is different in it; without one, the last file again. */
  reload(input: ConfigInput | undefined = this.#path): Promise<ReloadReport> {
    if (input === undefined) return Promise.reject(nothingLoaded());
    if (typeof input === 'string') this.#path = input;
    return this.#tell(async () => this.#apply(await this.#read(input)));
  }

  /** Applies the file now and whenever it changes; what is wrong in it is told, and the last good one stays. */
  async watch(path: string): Promise<Undo> {
    checkText(path, 'the path of watchConfig', 'Give the path of a configuration.');
    const text = await readText(path, maxBytes);
    this.#path = path;
    await this.#tell(() => this.#applyText(text, path));
    const { clock } = this.#shared;
    const watch = await watchFile({
      path,
      maxBytes,
      clock,
      intervalMs: this.#current?.reload.intervalMs,
      known: text,
      onText: (changed) => this.#follow(path, () => this.#applyText(changed, path)),
      onProblem: (error) => this.#failed(error),
    });
    const end = (): Promise<void> => watch.close();
    if (this.#isClosed) {
      await end();
      throw isShutDown();
    }
    this.#watches.add(end);
    return () => {
      this.#watches.delete(end);
      this.#postponed.drop(path);
      void end();
    };
  }

  /** @throws {PluginError} `REGISTRY_1901` while plugins run that need this one, unless it is forced. */
  checkUnload(name: string, isForced: boolean): void {
    const { registry } = this.#workshop;
    const running = this.#current?.plugins.filter((plugin) => registry.find(plugin.name) !== undefined) ?? [];
    const refusal = isForced ? undefined : unloadRefusal(name, withoutVersions(running));
    if (refusal !== undefined) throw refusal;
  }

  /** Ends every watch and waits for a change under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#postponed.dropAll();
    const ends = [...this.#watches].map(async (end) => end());
    this.#watches.clear();
    await Promise.all([...ends, this.#discovery.close(), this.#changes]);
  }

  /** The configuration in force, without what code has unregistered since. */
  get #running(): HostConfig | undefined {
    if (this.#current === undefined) return undefined;
    const { registry } = this.#workshop;
    const isThere = ({ name, enabled, source }: PluginConfig): boolean =>
      !enabled || source === undefined || registry.find(name) !== undefined;
    return { ...this.#current, plugins: this.#current.plugins.filter(isThere) };
  }

  async #read(input: ConfigInput): Promise<HostConfig> {
    return typeof input === 'string' ? loadConfig(input, this.#options) : resolveConfig(input, this.#options);
  }

  async #applyText(text: string, path: string): Promise<ReloadReport> {
    return this.#apply(parseFile(text, path, this.#options));
  }

  /** A manifest came, changed or went. */
  #lookAgain(): void {
    const { clock } = this.#shared;
    const look = async (): Promise<ReloadReport> => {
      if (this.#written === undefined) throw nothingLoaded();
      return this.#apply(this.#written, clock.now());
    };
    void this.#follow('discovery', look, isNews);
  }

  /** Makes a change that nobody has called for; one that comes too soon for a plugin is made when it may be. */
  async #follow(
    origin: string,
    change: () => Promise<ReloadReport>,
    isTold?: (report: ReloadReport) => boolean,
  ): Promise<void> {
    this.#postponed.drop(origin);
    const postpone = (error: PluginError): boolean => {
      const waitMs = cooldownLeftMs(error);
      if (waitMs === undefined || this.#isClosed) return false;
      this.#shared.logger.info(`the configuration is taken up in ${waitMs} ms: ${error.message}`);
      this.#postponed.add(origin, waitMs, () => void this.#follow(origin, change, isTold));
      return true;
    };
    await this.#tell(change, isTold, postpone).catch(() => {}); // it was told
  }

  /** One change after the other; each is told, whatever comes of it. */
  #tell(
    change: () => Promise<ReloadReport>,
    isTold: (report: ReloadReport) => boolean = () => true,
    isPostponed: (error: PluginError) => boolean = () => false,
  ): Promise<ReloadReport> {
    const after = this.#changes.then(() => {
      if (this.#isClosed) throw isShutDown();
      return change();
    });
    this.#changes = after.catch(() => {});
    after.then(
      (report) => {
        if (!isTold(report)) return;
        this.#shared.metrics?.configReloaded(true);
        this.#shared.events.emit('reload', { report, error: undefined });
      },
      (thrown: unknown) => {
        const error = PluginError.from(thrown, 'CONFIG_1703');
        if (!isPostponed(error)) this.#failed(error);
      },
    );
    return after;
  }

  #failed(error: PluginError): void {
    const { logger, events, metrics } = this.#shared;
    metrics?.configReloaded(false);
    logger.error(`the configuration was not taken up: ${error.message}`, { code: error.code });
    events.emit('reload', { report: undefined, error });
  }

  async #apply(written: HostConfig, startedAt = this.#shared.clock.now()): Promise<ReloadReport> {
    const { clock, events } = this.#shared;
    const { config: next, manifests, problems } = await discover(written);
    if (written.discovery !== undefined) {
      const changes = news(this.#manifests, manifests);
      events.emit('discovery', { found: [...manifests.keys()], ...changes, problems });
    }
    const diff = withVersions(diffConfig(this.#running, next), this.#manifests, manifests);
    const atNextStart = fieldsForNextStart(this.#current ?? this.#built, next);
    const cancelled = await applyChanges(changesOf(diff, this.#running, next, this.#workshop));
    this.#written = written;
    this.#current = next;
    this.#manifests = manifests;
    this.#noteHost(next, atNextStart);
    const { registry } = this.#workshop;
    registry.disable(new Set(next.plugins.filter(({ enabled }) => !enabled).map(({ name }) => name)));
    await this.#discovery.follow(written.discovery);
    return { ...diff, atNextStart, cancelled, durationMs: clock.now() - startedAt };
  }

  /** A lenient reader passes over it. */
  #unknownKey({ line, column, path, message }: ConfigProblem): void {
    const place = line === undefined ? '' : ` (line ${line}, column ${column})`;
    this.#shared.logger.warn(`the configuration${place}: ${path}: ${message}`);
  }

  /** Takes up the log level, and says what of the host is not taken up. */
  #noteHost(next: HostConfig, atNextStart: readonly string[]): void {
    const { logger, wantLevel } = this.#shared;
    wantLevel(next.logLevel);
    const notes = unfulfilled(next);
    for (const note of notes.filter((one) => !this.#unfulfilled.includes(one))) logger.warn(note);
    this.#unfulfilled = notes;
    if (atNextStart.length === 0) return;
    const cure = 'Start the host anew, built with withConfig.';
    logger.warn(
      `of the configuration this takes effect at the next start: ${atNextStart.join(', ')}. ${cure}`,
    );
  }
}

/** Folders change often without a change of plugins. */
function isNews({ added, removed, changed }: ReloadReport): boolean {
  return added.length + removed.length + changed.length > 0;
}

/** The version of a configured plugin is a range; that of a running one is known to itself. */
function withoutVersions(plugins: readonly PluginConfig[]): readonly Needing[] {
  return plugins.map(({ name, dependencies }) => ({ name, dependencies }));
}

function nothingLoaded(): PluginError {
  const message = 'no configuration was loaded from a file yet. Give reloadConfig a path or an object.';
  return new PluginError('CONFIG_1701', { message });
}
