import type { DrainReport, PluginView } from 'plugboard';
import { isAlive } from '../support/processes.ts';
import type { Random } from './random.ts';

/** What can be done to a host's plugins from outside. */
export interface Victims<Name extends string> {
  readonly names: readonly [Name, ...Name[]];
  view(name: Name): PluginView | undefined;
  replace(name: Name): Promise<DrainReport>;
  /** Makes a call that slows one of its instances down, or ends it from inside. */
  tell(name: Name, deed: 'beSlow' | 'exit'): void;
}

const deeds = ['kill', 'kill', 'stop', 'stop', 'slow', 'slow', 'exit', 'replace'] as const;

/** A stopped child is left to its host's health checks, or goes on after so many further deeds. */
const deedsUntilContinued = 2;

/** Does harm at random, one deed at a time, and counts what it did. */
export class Mischief<Name extends string> {
  readonly done: Record<string, number> = {};
  readonly #victims: Victims<Name>;
  readonly #random: Random;
  readonly #replacing = new Map<Name, Promise<unknown>>();
  readonly #stopped: { readonly pid: number; readonly after: number }[] = [];
  #count = 0;

  constructor(victims: Victims<Name>, random: Random) {
    this.#victims = victims;
    this.#random = random;
  }

  /** Does the next deed. */
  act(): void {
    this.#count++;
    this.#letGo();
    const name = this.#random.pick(this.#victims.names);
    const deed = this.#random.pick(deeds);
    this.done[deed] = (this.done[deed] ?? 0) + 1;
    if (deed === 'replace') this.#replace(name);
    else if (deed === 'slow') this.#victims.tell(name, 'beSlow');
    else if (deed === 'exit') this.#victims.tell(name, 'exit');
    else this.#signal(name, deed);
  }

  /** Lets every stopped child go on, and waits for the replacements; says which failed, and why. */
  async end(): Promise<string[]> {
    for (const { pid } of this.#stopped.splice(0)) signal(pid, 'SIGCONT');
    const ends = await Promise.allSettled(this.#replacing.values());
    return ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
  }

  #signal(name: Name, deed: 'kill' | 'stop'): void {
    const pids = (this.#victims.view(name)?.instances ?? []).flatMap(({ pid }) => pid ?? []);
    const [first, ...others] = pids;
    if (first === undefined) return;
    const pid = this.#random.pick([first, ...others]);
    signal(pid, deed === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    if (deed === 'stop' && this.#random.chance(0.5)) {
      this.#stopped.push({ pid, after: this.#count + deedsUntilContinued });
    }
  }

  /** A replacement may fail as well: its new child can be among the killed ones. */
  #replace(name: Name): void {
    if (this.#replacing.has(name)) return;
    const replacing = this.#victims.replace(name);
    this.#replacing.set(name, replacing);
    replacing.then(
      () => this.#replacing.delete(name),
      () => this.#replacing.delete(name),
    );
  }

  #letGo(): void {
    while ((this.#stopped[0]?.after ?? Infinity) <= this.#count) {
      const { pid = 0 } = this.#stopped.shift() ?? {};
      signal(pid, 'SIGCONT');
    }
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  if (isAlive(pid)) process.kill(pid, name);
}
