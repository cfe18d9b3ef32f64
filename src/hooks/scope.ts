import { PluginError } from '../core/errors.ts';
import type { Facts, Notes, ScopeMetadata } from '../core/facts.ts';
import type { Answer } from './combining.ts';
import { frozenCopy } from './frozen-copy.ts';

/** So much may one plugin note in one scope, as JSON in characters: enough for facts, too little to fill a host. */
const maxNotes = 65_536;

type Noted = Readonly<Record<string, unknown>>;

/**
 * What belongs together, such as a session or a message in it: what hooks found out, and what each plugin noted. Runs
 * that are given the same scope share it; it ends when nobody holds it any more.
 */
export class Scope<Hooks = unknown> {
  /** Such as `session` or `transaction`. */
  readonly name: string;
  readonly parent: Scope<Hooks> | undefined;
  #facts: Readonly<Record<string, unknown>> = Object.freeze({});
  readonly #notes = new Map<string, Noted>();

  /** @see openScope */
  constructor(name: string, parent: Scope<Hooks> | undefined) {
    this.name = name;
    this.parent = parent;
  }

  /** What hooks found out in this scope and in those around it. */
  get facts(): Facts<Hooks> {
    return this.#allFacts as Facts<Hooks>; // what a hook's schema or claim said of its answers
  }

  /** Keeps what a hook found out, as it is now: whoever answered it cannot change it later, nor whoever reads it. */
  learn(hook: string, answer: unknown): void {
    this.#facts = Object.freeze({ ...this.#facts, [hook]: frozenCopy(answer) });
  }

  /** What a call of a plugin in this scope is told. */
  metadataFor(plugin: string): ScopeMetadata {
    return { facts: this.#allFacts, notes: this.#notesOf(plugin) };
  }

  /**
   * Merges what a plugin notes into what it noted before: all of it or nothing.
   * @throws {PluginError} `PLUGIN_1210` for a scope there is not, or if it is too much.
   */
  note(plugin: string, notes: NonNullable<Answer['notes']>): void {
    const merged = Object.entries(notes).map(([name, noted]) => {
      const scope = this.#named(name);
      if (scope === undefined) throw wrong(plugin, `its notes name the scope '${name}', which is not open`);
      return [scope, scope.#merged(plugin, noted)] as const;
    });
    for (const [scope, all] of merged) scope.#notes.set(plugin, all);
  }

  get #allFacts(): Readonly<Record<string, unknown>> {
    return this.parent === undefined ? this.#facts : { ...this.parent.#allFacts, ...this.#facts };
  }

  #merged(plugin: string, noted: Noted): Noted {
    const merged = Object.freeze({ ...this.#notes.get(plugin), ...noted });
    if (JSON.stringify(merged).length > maxNotes)
      throw wrong(plugin, `its notes on one ${this.name} are over ${maxNotes} characters`);
    return merged;
  }

  #notesOf(plugin: string): Notes {
    const own = this.#notes.get(plugin);
    const around = this.parent === undefined ? {} : this.parent.#notesOf(plugin);
    return own === undefined ? around : { ...around, [this.name]: own };
  }

  #named(name: string): Scope<Hooks> | undefined {
    if (this.name === name || this.parent === undefined) return this.name === name ? this : undefined;
    return this.parent.#named(name);
  }
}

/** A scope for `manager.run(hook, request, { within })`; inside another one it sees that one's facts and notes too. */
export function openScope<Hooks = unknown>(name: string, parent?: Scope<Hooks>): Scope<Hooks> {
  return new Scope(name, parent);
}

function wrong(plugin: string, message: string): PluginError {
  return new PluginError('PLUGIN_1210', { plugin, message: `${message}. Note less, in an open scope.` });
}
