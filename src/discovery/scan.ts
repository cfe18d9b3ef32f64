import { resolve } from 'node:path';

import { checkObject } from '../core/check-given.ts';
import { PluginError } from '../core/errors.ts';
import { messageOf } from '../core/errors.ts';
import { readText } from '../core/read-text.ts';
import { runOf, type Run } from './found.ts';
import { fitsGlob } from './glob.ts';
import type { Manifest } from './manifest.ts';
import type { ScanProblem } from './problem.ts';
import { maxManifestBytes, readManifest } from './read-manifest.ts';
import { manifestsBelow, type Candidate, type WalkOptions } from './walk.ts';

/** What is looked for, and where. */
export interface ScanOptions extends WalkOptions {
  /** Folders to look in; relative ones are those of the process. */
  readonly directories: readonly string[];
  /** Globs on the name of a plugin's folder, of `<name>.plugin.json`, or of the file; one that fits is enough. Default `*`. */
  readonly patterns?: readonly string[];
  /** Only plugins with all of these. Default none. */
  readonly requiredCapabilities?: readonly string[];
  /** Only plugins over one of these; `exec` is `subprocess`. Default: over every transport. */
  readonly allowedTransports?: readonly string[];
}

/** A plugin that was found. */
export interface FoundPlugin {
  readonly name: string;
  readonly manifest: Manifest;
  readonly manifestPath: string;
  readonly folder: string;
  /** How it is started; undefined where its manifest does not say. */
  readonly source: Run | undefined;
}

/** What a scan gives. */
export interface ScanResult {
  /** By directory, then path; names are unique. */
  readonly found: readonly FoundPlugin[];
  readonly problems: readonly ScanProblem[];
}

/**
 * Looks for plugins: each is a `plugin.json` in a folder of its own, or a `<name>.plugin.json`. What is broken is
 * reported and passed over; of two with one name the first counts. Rejects only when the signal aborts.
 */
export async function scan(options: ScanOptions): Promise<ScanResult> {
  checkDirectories(options);
  const problems: ScanProblem[] = [];
  const found = new Map<string, FoundPlugin>();
  for (const directory of new Set(options.directories.map((path) => resolve(path)))) {
    const candidates = await manifestsBelow(directory, options, problems);
    for (const candidate of candidates.filter((one) => isWanted(one, options.patterns ?? ['*']))) {
      options.signal?.throwIfAborted();
      const plugin = await read(candidate, problems);
      if (plugin === undefined || !fits(plugin, options)) continue;
      const first = found.get(plugin.name);
      if (first === undefined) found.set(plugin.name, plugin);
      else problems.push(duplicate(plugin, first));
    }
  }
  return { found: [...found.values()], problems };
}

function isWanted({ name, fileName }: Candidate, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => fitsGlob(name, pattern) || fitsGlob(fileName, pattern));
}

async function read({ path, folder }: Candidate, problems: ScanProblem[]): Promise<FoundPlugin | undefined> {
  try {
    const { manifest, warnings } = readManifest(await readText(path, maxManifestBytes));
    problems.push(...warnings.map((message) => ({ severity: 'warning', path, message }) as const));
    return { name: manifest.name, manifest, manifestPath: path, folder, source: runOf(manifest, folder) };
  } catch (error) {
    problems.push({ severity: 'error', path, message: messageOf(error) });
    return undefined;
  }
}

function fits({ manifest, source }: FoundPlugin, options: ScanOptions): boolean {
  const { requiredCapabilities = [], allowedTransports = [] } = options;
  const allowed = allowedTransports.map((name) => (name === 'exec' ? 'subprocess' : name));
  const own = source?.kind === 'grpc' && source.tls ? 'grpc-tls' : source?.kind;
  return (
    requiredCapabilities.every((one) => manifest.capabilities.includes(one)) &&
    (allowed.length === 0 || (own !== undefined && allowed.includes(own)))
  );
}

function duplicate(plugin: FoundPlugin, first: FoundPlugin): ScanProblem {
  const message = `a plugin '${plugin.name}' was found at ${first.manifestPath} already. Give one of them another name.`;
  return { severity: 'error', path: plugin.manifestPath, message };
}

function checkDirectories(options: ScanOptions): void {
  checkObject(options, 'the options of scan', "Say at least { directories: ['./plugins'] }.");
  const { directories } = options;
  if (Array.isArray(directories) && directories.every((path) => typeof path === 'string')) return;
  const message = "the directories of scan are no list of paths. Say { directories: ['./plugins'] }.";
  throw new PluginError('CONFIG_1703', { message });
}
