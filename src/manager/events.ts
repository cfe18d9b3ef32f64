import type { StateChange } from '../core/plugin-state.ts';

/** Event names and what each brings. */
export interface ManagerEvents {
  /** A plugin moved from one state to another. */
  state: StateChange;
}

/** Takes a listener back. */
export type Undo = () => void;

type Listeners = { [K in keyof ManagerEvents]: Set<(event: ManagerEvents[K]) => void> };

/** Typed events; a listener that throws harms nobody. */
export class Events {
  readonly #listeners: Listeners = { state: new Set() };

  on<K extends keyof ManagerEvents>(name: K, listener: (event: ManagerEvents[K]) => void): Undo {
    const listeners = this.#listeners[name];
    const own = (event: ManagerEvents[K]): void => listener(event);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  emit<K extends keyof ManagerEvents>(name: K, event: ManagerEvents[K]): void {
    for (const listener of this.#listeners[name]) {
      try {
        listener(event);
      } catch {
        // Somebody else's mistake; the other listeners and the plugin go on.
      }
    }
  }
}
