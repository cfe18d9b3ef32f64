import type { Launch } from '../../src/core/gate.ts';
import type { AuditRecordInput } from '../audit-sink.ts';
import type { Evidence } from '../start/evidence.ts';
import { asData, type Violation } from '../whitelist/violation.ts';
import type { Whitelist, WhitelistEntry } from '../whitelist/whitelist.ts';

/** What a record says of a start: never arguments or the environment, which may hold secrets. */
export function startDetails(
  launch: Launch,
  evidence: Evidence | undefined,
  entry: WhitelistEntry | undefined,
): Record<string, unknown> {
  const sha256 =
    entry?.pins?.kind === 'file' ? evidence?.measured?.files.values().next().value?.sha256 : undefined;
  return {
    kind: launch.kind,
    what: whatOf(launch),
    ...(evidence?.realPath !== undefined && { path: evidence.realPath }),
    ...(sha256 !== undefined && { sha256 }),
    ...(evidence?.measured !== undefined && { files: evidence.measured.files.size }),
  };
}

function whatOf(launch: Launch): string {
  if (launch.kind === 'program') return launch.command;
  return launch.kind === 'module' ? launch.file : launch.endpoint;
}

/** A refusal, or what would be one under a strict policy. */
export function rejection(
  plugin: string,
  violations: readonly Violation[],
  details: Record<string, unknown>,
  isEnforced: boolean,
): AuditRecordInput {
  const named = violations.slice(0, 20).map(asData);
  return {
    event: 'plugin_rejected',
    level: 'security',
    plugin,
    details: { ...details, enforced: isEnforced, violations: named, count: violations.length },
  };
}

/** What differs between two whitelists, by name. */
export function changesBetween(before: Whitelist | undefined, after: Whitelist): Record<string, unknown> {
  const old = before?.entries ?? new Map<string, WhitelistEntry>();
  const names = (from: ReadonlyMap<string, WhitelistEntry>, fits: (name: string) => boolean): string[] =>
    [...from.keys()].filter(fits).slice(0, 100);
  const text = (entry: WhitelistEntry | undefined): string =>
    JSON.stringify(entry, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
  return {
    file: after.file,
    entries: after.entries.size,
    added: names(after.entries, (name) => !old.has(name)),
    removed: names(old, (name) => !after.entries.has(name)),
    changed: names(
      after.entries,
      (name) => old.has(name) && text(old.get(name)) !== text(after.entries.get(name)),
    ),
  };
}
