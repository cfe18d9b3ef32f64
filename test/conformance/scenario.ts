import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Curve } from 'plugboard/go-plugin';

/** The plugin ends by itself. */
export interface ExitStep {
  readonly exits: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The plugin is asked for its health. */
export interface HealthStep {
  readonly health: string;
  readonly status?: number;
  readonly code?: number;
}

/** One thing that a host does or sees; README.md says what each means. */
export type Step =
  | ExitStep
  | HealthStep
  | { readonly line: string }
  | { readonly opens: 'stdio' | 'broker' }
  | { readonly refuses: 'plaintext' | 'no certificate' | 'another certificate' }
  | { readonly signal: NodeJS.Signals }
  | { readonly shutdownWithinMs: number };

/** What is older than some plugins. */
export const features = ['multiplexing', 'socket folder'] as const;

export type Feature = (typeof features)[number];

/** A plugin's life, from its start on. */
export interface Scenario {
  readonly name: string;
  readonly cookie?: 'none' | 'wrong';
  readonly needs?: Feature;
  readonly env?: Readonly<Record<string, string>>;
  readonly tls?: Curve;
  readonly steps: readonly Step[];
}

/** A file of this folder. */
export function readData(name: string): unknown {
  return JSON.parse(readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8'));
}

export const { scenarios } = readData('scenarios.json') as { readonly scenarios: readonly Scenario[] };

/** A plugin that is judged. */
export interface Subject {
  readonly name: string;
  /** Program and arguments. */
  readonly command: () => readonly string[];
  readonly cookie: readonly [key: string, value: string];
  /** The lowest version of the application's protocol that it speaks. */
  readonly lowest: number;
  readonly lacks: readonly Feature[];
  /** Whether what it takes to build it is installed. */
  readonly isHere: boolean;
}
