import type { Clock } from '../core/clock.ts';
import type { PluginError } from '../core/errors.ts';
import type { AuditEvent, Gate } from '../core/gate.ts';
import type { Logger } from '../core/logger.ts';
import type { PluginSource } from '../core/transport.ts';
import type { Events } from './events.ts';
import type { ReloadReport } from './view.ts';

/** A gate must not hold a shutdown for ever, in milliseconds. */
const closeTimeoutMs = 5000;

/** What a gate is told and asked by its manager. */
export interface GuardParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: Events;
  readonly revoke: (plugin: string, reason: PluginError) => void;
}

/** Makes a gate ready, and lets it note what changes from now on. */
export async function openGate(gate: Gate, parts: GuardParts): Promise<void> {
  const { clock, logger, events, revoke } = parts;
  await gate.open({ clock, logger, revoke });
  events.on('config', ({ plugin, changed }) =>
    gate.record({ event: 'config_changed', plugin, details: { changed } }),
  );
  events.on('reload', ({ report, error }) => gate.record(recordOf(report, error)));
}

function recordOf(report: ReloadReport | undefined, error: PluginError | undefined): AuditEvent {
  if (report === undefined) return { event: 'config_refused', details: { code: error?.code } };
  const { added, removed, changed } = report;
  const details = { added, removed, changed: changed.map(({ name }) => name) };
  return { event: 'config_reloaded', details };
}

/** Notes that a plugin came, went, or runs from somewhere else. Its arguments stay out: they may hold secrets. */
export function recordMove(
  gate: Gate | undefined,
  event: string,
  plugin: string,
  source: PluginSource,
): void {
  gate?.record({ event, plugin, details: { kind: source.kind, what: startedFile(source) } });
}

function startedFile({ launch }: PluginSource): string | undefined {
  if (launch === undefined) return undefined;
  if (launch.kind === 'program') return launch.command;
  return launch.kind === 'module' ? launch.file : launch.endpoint;
}

/** Lets a gate write what it still has, within bounds. */
export async function closeGate(gate: Gate | undefined, clock: Clock): Promise<void> {
  if (gate === undefined) return;
  await new Promise<void>((resolve) => {
    const timer = clock.startTimer(closeTimeoutMs, resolve);
    const end = (): void => {
      timer.cancel();
      resolve();
    };
    gate.close().then(end, end);
  });
}
