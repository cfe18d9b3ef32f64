import { resolveSettings } from '../config/resolve.ts';
import type { PluginSettings, ResolvedSettings } from '../config/settings.ts';
import { checkObject } from '../core/check-given.ts';
import type { PluginError } from '../core/errors.ts';
import { checkPluginName } from '../core/names.ts';
import { ownCopy } from '../core/own-copy.ts';
import { printable } from '../core/printable.ts';
import type { PluginSource } from '../core/transport.ts';
import { Entry } from './entry.ts';
import type { InfoCheck } from './starting.ts';
import { recordMove } from './guard.ts';
import { disabled, draining, isShutDown, notFound, taken, unknownService } from './refusals.ts';
import type { Shared } from './shared.ts';
import type { DrainReport } from './view.ts';

/** What plugins are set to where they say nothing themselves. */
export interface Defaults {
  readonly settings: PluginSettings;
  /** For calls of plugins that set no time of their own, in milliseconds. */
  readonly timeoutMs: number;
}

/** The registered plugins of a manager, by name. */
export class Registry {
  readonly #entries = new Map<string, Entry>();
  readonly #shared: Shared;
  readonly #defaults: Defaults;
  /** Names that a configuration knows but has turned off. */
  #disabled: ReadonlySet<string> = new Set();
  /** Whoever asks a plugin often asks the same one again. */
  #last: Entry | undefined = undefined;
  #isClosed = false;
  readonly #leaving = new Set<Entry>();
  readonly #onChange: (() => void)[] = [];

  constructor(shared: Shared, defaults: Defaults) {
    this.#shared = shared;
    this.#defaults = defaults;
  }

  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** Calls a listener whenever a plugin comes or goes. */
  onChange(listener: () => void): void {
    this.#onChange.push(listener);
  }

  /** Whether a plugin is being unregistered: nobody new is to be sent there. */
  isLeaving(entry: Entry): boolean {
    return this.#leaving.has(entry);
  }

  /** Whether it takes up nothing any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  find(name: string): Entry | undefined {
    return this.#last?.name === name ? this.#last : this.#look(name);
  }

  /** @throws {PluginError} `PLUGIN_1201` if there is none of that name. */
  get(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw this.missing(name);
    return entry;
  }

  /** Takes up a plugin that is not open yet. */
  add(name: string, source: PluginSource, settings: ResolvedSettings): Entry {
    if (this.#isClosed) throw isShutDown();
    checkPluginName(name);
    if (this.#entries.has(name)) throw taken(name);
    const entry = new Entry(name, source, settings, this.#shared);
    this.#entries.set(name, entry);
    this.#changed();
    return entry;
  }

  /**
   * Takes up a plugin and opens it; one that does not open is as if it had never been named. With a check it must
   * pass that too, and say that it is well.
   */
  async open(
    name: string,
    source: PluginSource,
    settings: ResolvedSettings,
    check?: InfoCheck,
  ): Promise<Entry> {
    const entry = this.add(name, source, settings);
    try {
      await entry.open(check);
      recordMove(this.#shared.gate, 'plugin_registered', name, source);
      return entry;
    } catch (error) {
      await this.#forget(entry, 0);
      throw error;
    }
  }

  /** Drains a plugin, stops it, and forgets it. */
  async remove(entry: Entry, timeoutMs: number): Promise<DrainReport> {
    const report = await this.#forget(entry, timeoutMs);
    recordMove(this.#shared.gate, 'plugin_unregistered', entry.name, entry.source);
    return report;
  }

  /** @throws {PluginError} `CONFIG_1703` naming every wrong setting, `RPC_2007` for a service nobody offers. */
  resolve(name: string, settings: PluginSettings): ResolvedSettings {
    checkObject(settings, `the settings of '${printable(name, 80)}'`, 'Leave them out for the defaults.');
    const { settings: defaults, timeoutMs } = this.#defaults;
    const resolved = resolveSettings(ownCopy({ ...defaults, ...settings }), name, timeoutMs);
    this.checkServices(name, resolved);
    return resolved;
  }

  /** @throws {PluginError} `RPC_2007` for a service nobody offers. */
  checkServices(name: string, { services }: ResolvedSettings): void {
    const offered = this.#shared.services;
    const unknown = services.find((service) => !Object.hasOwn(offered, service));
    if (unknown !== undefined) throw unknownService(name, unknown, Object.keys(offered));
  }

  /** Names whose calls are told that the configuration has turned them off. */
  disable(names: ReadonlySet<string>): void {
    this.#disabled = names;
  }

  /** Takes up nothing any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** What a call of a name hears that is not registered. */
  missing(name: unknown): PluginError {
    if (this.#isClosed) return isShutDown();
    if (typeof name === 'string' && this.#disabled.has(name)) return disabled(name);
    return notFound(name, [...this.#entries.keys()]);
  }

  async #forget(entry: Entry, timeoutMs: number): Promise<DrainReport> {
    const { name } = entry;
    this.#leaving.add(entry);
    const report = await entry.close(timeoutMs, () =>
      draining(name, 'it is being unregistered and takes no new calls.'),
    );
    this.#leaving.delete(entry);
    if (this.#entries.get(name) !== entry) return report;
    this.#entries.delete(name);
    this.#changed();
    this.#shared.metrics?.forget(name);
    return report;
  }

  #look(name: string): Entry | undefined {
    this.#last = this.#entries.get(name);
    return this.#last;
  }

  #changed(): void {
    this.#last = undefined;
    for (const listener of this.#onChange) listener();
  }
}
