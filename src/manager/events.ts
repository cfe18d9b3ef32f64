import { PluginError } from '../core/errors.ts';
import { tellQuietly } from '../core/listener.ts';
import { printable } from '../core/printable.ts';
import type { HealthStatus } from '../core/health.ts';
import type { ScanProblem } from '../discovery/problem.ts';
import type { PluginState } from '../core/plugin-state.ts';
import type { BreakerState } from '../resilience/breaker.ts';
import type { ReloadReport } from './view.ts';

/** Which plugin, and which of its instances, counted from 0. */
interface About {
  readonly plugin: string;
  readonly instance: number;
}

/** A plugin moved from one state to another. */
export interface StateChange extends About {
  readonly from: PluginState;
  readonly to: PluginState;
}

/** A plugin's health is another than before. */
export interface HealthChange extends About {
  readonly from: HealthStatus;
  readonly to: HealthStatus;
  readonly message: string | undefined;
}

/** A circuit breaker opened, closed, or lets probes through. */
export interface BreakerChange extends About {
  readonly from: BreakerState;
  readonly to: BreakerState;
}

/** A plugin that ended unexpectedly is being started again. */
export interface Restart extends About {
  /** The start in a row: 2 after the first end. */
  readonly attempt: number;
}

/**
 * A drain is under way: `remaining` calls are left; `cancelled` is set when it is over. `instance` names the one that is
 * replaced; undefined where the plugin as a whole ends.
 */
export interface DrainProgress {
  readonly plugin: string;
  readonly instance: number | undefined;
  readonly remaining: number;
  readonly cancelled: number | undefined;
}

/** A plugin's settings are others than before; `changed` names them. */
export interface ConfigChange {
  readonly plugin: string;
  readonly changed: readonly string[];
}

/** A configuration was taken up, or could not be: then the one before stays, and `error` says why. */
export type ConfigReload =
  | { readonly report: ReloadReport; readonly error: undefined }
  | { readonly report: undefined; readonly error: PluginError };

/**
 * Discovery has looked: the plugins it found by name, what is new since the configuration in force was taken up, and
 * what was wrong with others.
 */
export interface Discovery {
  readonly found: readonly string[];
  readonly added: readonly string[];
  /** Those whose manifest says something else. */
  readonly updated: readonly string[];
  readonly removed: readonly string[];
  readonly problems: readonly ScanProblem[];
}

/** A plugin failed where several answer a hook; `open`: it was passed over, `closed`: the hook's refusal decided. */
export interface HookFailed {
  readonly plugin: string;
  readonly hook: string;
  readonly error: PluginError;
  readonly rule: 'open' | 'closed';
}

/** A plugin was not told something, because what it has to be told became too much; so often since it was registered. */
export interface Dropped {
  readonly plugin: string;
  readonly total: number;
}

/**
 * The rate limit that a plugin's hosts share is out of reach, so that this host limits itself, and `why` says what
 * happened; or it is shared again. Each once for every time without it.
 */
export interface SharedLimitChange {
  readonly plugin: string;
  readonly isShared: boolean;
  readonly why: string | undefined;
}

/** Event names and what each brings. */
export interface ManagerEvents {
  state: StateChange;
  health: HealthChange;
  breaker: BreakerChange;
  restart: Restart;
  drain: DrainProgress;
  config: ConfigChange;
  reload: ConfigReload;
  discovery: Discovery;
  hookFailed: HookFailed;
  dropped: Dropped;
  sharedLimit: SharedLimitChange;
}

/** Takes a listener back. */
export type Undo = () => void;

type Listeners = { [K in keyof ManagerEvents]: Set<(event: ManagerEvents[K]) => unknown> };

/** Typed events; a listener that throws harms nobody. */
export class Events {
  readonly #listeners: Listeners = {
    state: new Set(),
    health: new Set(),
    breaker: new Set(),
    restart: new Set(),
    drain: new Set(),
    config: new Set(),
    reload: new Set(),
    discovery: new Set(),
    hookFailed: new Set(),
    dropped: new Set(),
    sharedLimit: new Set(),
  };

  on<K extends keyof ManagerEvents>(name: K, listener: (event: ManagerEvents[K]) => void): Undo {
    const listeners = this.#listeners[name];
    if (listeners === undefined || typeof listener !== 'function')
      throw noSuchEvent(name, Object.keys(this.#listeners));
    // The same function may listen twice; each time has an undo of its own.
    const own = (event: ManagerEvents[K]): void => listener(event);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  emit<K extends keyof ManagerEvents>(name: K, event: ManagerEvents[K]): void {
    for (const listener of this.#listeners[name]) tellQuietly(() => listener(event));
  }
}

function noSuchEvent(name: string, known: readonly string[]): PluginError {
  const message = `on('${printable(name, 80)}', …) needs a function and one of these events: ${known.join(', ')}.`;
  return new PluginError('CONFIG_1703', { message });
}
