import semver from 'semver';

import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

/** A plugin, as far as the order of starts is concerned. */
export interface Needing {
  readonly name: string;
  /** Undefined where it is not known before the start; it fits every range then. */
  readonly version?: string | undefined;
  readonly dependencies: readonly {
    readonly name: string;
    readonly version: string;
    readonly optional: boolean;
  }[];
}

/** Why a plugin cannot start. */
export interface OrderProblem {
  readonly kind: 'missing' | 'version' | 'cycle' | 'blocked' | 'duplicate';
  readonly plugin: string;
  readonly message: string;
}

/** In which order plugins start. */
export interface StartOrder {
  /** Each wave needs only those before it and may start side by side; inside a wave the given order stays. */
  readonly waves: readonly (readonly string[])[];
  /** Plugins that are in no wave, and why. */
  readonly problems: readonly OrderProblem[];
}

/**
 * The order of starts: the same for the same plugins in the same order. An optional dependency that is missing, does
 * not fit, or would close a circle is passed over.
 */
export function startOrder(plugins: readonly Needing[]): StartOrder {
  const problems: OrderProblem[] = [];
  const byName = unique(plugins, problems);
  const waiting = new Map<string, ReadonlySet<string>>();
  const refused = new Set<string>();
  for (const plugin of byName.values()) {
    const unmet = unmetNeeds(plugin, byName);
    problems.push(...unmet);
    if (unmet.length > 0) refused.add(plugin.name);
    waiting.set(plugin.name, new Set(usable(plugin, byName, true)));
  }
  const waves: string[][] = [];
  const started = new Set<string>();
  for (let rest = [...byName.values()].filter(({ name }) => !refused.has(name)); rest.length > 0;) {
    const wave =
      readyOf(rest, (plugin) => waiting.get(plugin.name), started) ?? relaxed(rest, byName, started);
    if (wave === undefined) {
      problems.push(...stuck(rest, byName));
      break;
    }
    waves.push(wave);
    for (const name of wave) started.add(name);
    rest = rest.filter(({ name }) => !started.has(name));
  }
  return { waves, problems };
}

function unique(plugins: readonly Needing[], problems: OrderProblem[]): Map<string, Needing> {
  const byName = new Map<string, Needing>();
  for (const plugin of plugins) {
    if (!byName.has(plugin.name)) byName.set(plugin.name, plugin);
    else
      problems.push({
        kind: 'duplicate',
        plugin: plugin.name,
        message: 'there are two plugins of this name',
      });
  }
  return byName;
}

function unmetNeeds(plugin: Needing, byName: ReadonlyMap<string, Needing>): OrderProblem[] {
  return plugin.dependencies.flatMap((need): OrderProblem[] => {
    const other = byName.get(need.name);
    if (need.optional || (other !== undefined && fits(other, need.version))) return [];
    const range = need.version === '*' ? '' : ` in version ${printable(need.version, 100)}`;
    const message = `needs plugin '${printable(need.name, 80)}'${range}, which ${other === undefined ? 'is missing' : `is ${other.version}`}`;
    return [{ kind: other === undefined ? 'missing' : 'version', plugin: plugin.name, message }];
  });
}

function fits({ version }: Needing, range: string): boolean {
  return version === undefined || semver.satisfies(version, range);
}

/** The dependencies that count: those that are there and fit. */
function usable(plugin: Needing, byName: ReadonlyMap<string, Needing>, withOptional: boolean): string[] {
  const counted = plugin.dependencies.filter(({ name, version, optional }) => {
    const other = byName.get(name);
    return other !== undefined && fits(other, version) && (withOptional || !optional);
  });
  return counted.map(({ name }) => name);
}

function readyOf(
  rest: readonly Needing[],
  needsOf: (plugin: Needing) => Iterable<string> | undefined,
  started: ReadonlySet<string>,
): string[] | undefined {
  const ready = rest.filter((plugin) => [...(needsOf(plugin) ?? [])].every((name) => started.has(name)));
  return ready.length === 0 ? undefined : ready.map(({ name }) => name);
}

/** The first that waits only for what is optional, where nothing else can go on. */
function relaxed(
  rest: readonly Needing[],
  byName: ReadonlyMap<string, Needing>,
  started: ReadonlySet<string>,
): string[] | undefined {
  return readyOf(rest, (plugin) => usable(plugin, byName, false), started)?.slice(0, 1);
}

/** Names the circles among those that wait for one another, and those that only wait for them. */
function stuck(rest: readonly Needing[], byName: ReadonlyMap<string, Needing>): OrderProblem[] {
  const problems: OrderProblem[] = [];
  const told = new Set<string>();
  for (const { name } of rest) {
    const circle = circleFrom(name, byName, new Set(rest.map((plugin) => plugin.name)));
    if (circle === undefined || circle.some((member) => told.has(member))) continue;
    const way = [...circle, circle[0]].join(' -> ');
    for (const member of circle) {
      told.add(member);
      problems.push({ kind: 'cycle', plugin: member, message: `is in a circle of dependencies: ${way}` });
    }
  }
  for (const { name } of rest) {
    if (!told.has(name))
      problems.push({ kind: 'blocked', plugin: name, message: 'needs a plugin that cannot start' });
  }
  return problems;
}

/** The shortest way from a plugin back to itself. */
function circleFrom(
  start: string,
  byName: ReadonlyMap<string, Needing>,
  among: ReadonlySet<string>,
): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let at = 0; at < queue.length; at++) {
    const name = queue[at] ?? '';
    const plugin = byName.get(name);
    for (const next of plugin === undefined ? [] : usable(plugin, byName, false)) {
      if (next === start) return wayTo(name, cameFrom);
      if (!among.has(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, name);
      queue.push(next);
    }
  }
  return undefined;
}

function wayTo(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way: string[] = [];
  for (let name: string | undefined = end; name !== undefined; name = cameFrom.get(name)) way.unshift(name);
  return way;
}

/** One error for all that cannot start; undefined if everything can. */
export function orderError(order: StartOrder): PluginError | undefined {
  const { problems } = order;
  if (problems.length === 0) return undefined;
  const lines = problems.map(({ plugin, message }) => `\n  - ${printable(plugin, 80)} ${message}`);
  return new PluginError('REGISTRY_1901', {
    message: `not every plugin can start; add what is missing or change the dependencies:${lines.join('')}`,
    context: { problems },
  });
}
