import { fileURLToPath } from 'node:url';
import { Simple, type Builder, type PluginSource } from 'plugboard';
import { subprocess } from 'plugboard/transports';

/** What a bee is asked: an answer after so many milliseconds, at once, or never (`null`). */
export interface Ask {
  readonly id: number;
  readonly ms?: number | null;
}

/** Who answered what. */
export interface Answer {
  readonly id: number;
  readonly name: string;
  readonly pid: number;
}

export const bees: Builder<Ask, Answer> = Simple<Ask, Answer>();

const program = fileURLToPath(new URL('programs/bee.mjs', import.meta.url));

/** A plugin in a real child process, which says its name in each answer. */
export function bee(name = 'bee', health = 'healthy'): PluginSource {
  return subprocess(process.execPath, { args: [program, name, health], killTimeoutMs: 500 });
}

/** The same as an entry of a configuration. */
export function beeEntry(name: string, says: string): object {
  return { name, type: 'subprocess', executable: process.execPath, args: [program, says] };
}
