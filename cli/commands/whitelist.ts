import {
  createWhitelist,
  explain,
  readWhitelist,
  removeFromWhitelist,
  setEnabledInWhitelist,
  type Violation,
  type Whitelist,
  type WhitelistEntry,
} from 'plugboard/security';

import { oneLine } from '../failure.ts';
import { print, problemFound, table } from '../output.ts';
import { withProgress } from '../progress.ts';

/** What every `plugboard whitelist …` takes. */
export interface WhitelistCommandOptions {
  readonly file: string;
  readonly json?: boolean;
}

export async function init({ file, json = false }: WhitelistCommandOptions): Promise<void> {
  await createWhitelist(file);
  await print({ file }, `wrote ${file}: nothing may run yet`, json);
}

export async function remove(name: string, { file, json = false }: WhitelistCommandOptions): Promise<void> {
  await removeFromWhitelist(file, name);
  await print({ file, name }, `removed ${name} from ${file}`, json);
}

export async function enable(
  name: string,
  enabled: boolean,
  options: WhitelistCommandOptions,
): Promise<void> {
  const { file, json = false } = options;
  await setEnabledInWhitelist(file, name, enabled);
  await print({ file, name, enabled }, `${enabled ? 'enabled' : 'disabled'} ${name} in ${file}`, json);
}

export async function list({ file, json = false }: WhitelistCommandOptions): Promise<void> {
  const { entries } = await readWhitelist(file);
  const rows = [...entries.values()].map((entry) => [
    entry.name,
    entry.enabled ? 'enabled' : 'disabled',
    entry.type ?? 'any',
    pinsOf(entry),
    entry.path ?? entry.allowedEndpoints.join(' '),
  ]);
  const text = rows.length === 0 ? `${file} names no plugin` : table(rows.map((row) => row.map(oneLine)));
  await print({ file, plugins: [...entries.values()].map(asJson) }, text, json);
}

function pinsOf({ pins }: WhitelistEntry): string {
  if (pins === undefined) return 'endpoint';
  return pins.kind === 'file' ? `sha256:${pins.sha256.slice(0, 12)}…` : `${pins.files.size} files`;
}

function asJson({ pins, metadata, ...entry }: WhitelistEntry): object {
  const pinned = pins?.kind === 'directory' ? { ...pins, files: Object.fromEntries(pins.files) } : pins;
  return { ...entry, pins: pinned, metadata };
}

/** What would happen to one plugin. */
interface Verdict {
  readonly name: string;
  readonly wouldRun: boolean;
  readonly violations: readonly Violation[];
}

export async function verify({ file, json = false }: WhitelistCommandOptions): Promise<void> {
  const whitelist = await readWhitelist(file);
  const enabled = [...whitelist.entries.values()].filter((entry) => entry.enabled);
  const verdicts: Verdict[] = [];
  for (const { name } of enabled) verdicts.push(await judged(whitelist, name));
  const ok = verdicts.every(({ wouldRun }) => wouldRun);
  const text = verdicts.length === 0 ? `${file} lets no plugin run` : verdicts.map(sentencesOf).join('\n');
  await print({ file, ok, plugins: verdicts }, text, json);
  if (!ok) problemFound();
}

export async function explainOne(
  name: string,
  { file, json = false }: WhitelistCommandOptions,
): Promise<void> {
  const verdict = await judged(await readWhitelist(file), name);
  await print({ file, ...verdict }, sentencesOf(verdict), json);
  if (!verdict.wouldRun) problemFound();
}

async function judged(whitelist: Whitelist, name: string): Promise<Verdict> {
  const violations = await withProgress((onBytes) => explain(whitelist, name, { onBytes }));
  return { name, wouldRun: violations.length === 0, violations };
}

function sentencesOf({ name, wouldRun, violations }: Verdict): string {
  if (wouldRun) return `${oneLine(name)}: would run`;
  const reasons = violations.map(({ code, kind, reason }) => `  ${code} ${kind}: ${oneLine(reason)}`);
  return [`${oneLine(name)}: would be refused`, ...reasons].join('\n');
}
