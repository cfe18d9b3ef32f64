import { dirname } from 'node:path';

import { PluginError } from '../../src/core/errors.ts';
import type { Admission, GateHost, Launch } from '../../src/core/gate.ts';
import type { AuditRecordInput } from '../audit-sink.ts';
import { admittedLaunch } from '../start/admitted-launch.ts';
import { lookAt, noEvidence, type Evidence } from '../start/evidence.ts';
import { Store } from '../start/store.ts';
import { certificatesFor, judge, maxFileSizeBytes } from '../whitelist/judge.ts';
import { refusal, type Violation } from '../whitelist/violation.ts';
import type { Whitelist, WhitelistEntry } from '../whitelist/whitelist.ts';
import type { Counts } from './counts.ts';
import type { ResolvedWhitelistOptions } from './options.ts';
import { rejection, startDetails } from './records.ts';
import type { Rules } from './rules.ts';
import { Running } from './running.ts';
import type { Trail } from './trail.ts';

/** What judging needs. */
export interface AdmissionParts {
  readonly options: ResolvedWhitelistOptions;
  readonly rules: Rules;
  readonly trail: Trail;
  readonly counts: Counts;
  readonly now: () => Date;
}

/** Judges every start by the whitelist in force, and keeps the verified copies while they run. */
export class Admissions {
  readonly #parts: AdmissionParts;
  readonly #running = new Running();
  /** Those that are being judged. */
  readonly #pending = new Set<Promise<unknown>>();
  #host: GateHost | undefined;
  #store: Store | undefined;
  #closed = false;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** @throws {PluginError} `SECURITY_1805` when copies cannot be kept. */
  async open(host: GateHost): Promise<void> {
    this.#host = host;
    this.#store = await Store.open(this.#parts.options.storeDir);
  }

  /** A folder above the copies that others may write; undefined if there is none. */
  get sharedFolder(): string | undefined {
    return this.#store?.shared;
  }

  /** @throws {PluginError} `SECURITY_18xx` when a strict policy would refuse it now. */
  async check(plugin: string, launch: Launch): Promise<void> {
    const evidence = await this.#look(plugin, launch);
    const violations = judge(this.#parts.rules.current, plugin, evidence);
    if (violations.length > 0) await this.#reject(plugin, violations, evidence);
  }

  /** @throws {PluginError} `SECURITY_18xx` when it may not be started, `PLUGIN_1208` when the gate is closed. */
  async admit(plugin: string, launch: Launch): Promise<Admission> {
    if (this.#closed) throw alreadyClosed(plugin);
    const admitting = this.#admit(plugin, launch);
    this.#pending.add(admitting);
    try {
      return await admitting;
    } finally {
      this.#pending.delete(admitting);
    }
  }

  /** The plugins that run but would not be admitted any more, each with why. */
  forbiddenBy(whitelist: Whitelist): ReadonlyMap<string, PluginError> {
    return this.#running.forbiddenBy(whitelist);
  }

  /** Refuses from now on, lets what is being judged end, and removes every copy. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#pending);
    await this.#store?.close();
  }

  async #admit(plugin: string, launch: Launch): Promise<Admission> {
    const folder = await this.#store?.folder();
    const release = async (): Promise<void> => {
      if (folder !== undefined) await this.#store?.remove(folder);
    };
    try {
      return await this.#admitInto(plugin, launch, folder, release);
    } catch (error) {
      await release();
      throw error;
    }
  }

  async #admitInto(
    plugin: string,
    launch: Launch,
    folder: string | undefined,
    release: () => Promise<void>,
  ): Promise<Admission> {
    const { rules, counts, now } = this.#parts;
    const evidence = await this.#look(plugin, launch, folder);
    const violations = judge(rules.current, plugin, evidence);
    if (violations.length > 0) return this.#admitAnyway(plugin, launch, violations, evidence, release);
    const entry = rules.current?.entries.get(plugin);
    const admitted = await startOf(evidence, entry);
    await this.#writeDown(plugin, evidence, entry);
    // The whitelist may have changed, and the manager gone, in the meantime.
    const late = judge(rules.current, plugin, evidence);
    if (late.length > 0) return this.#admitAnyway(plugin, launch, late, evidence, release);
    if (this.#closed) throw alreadyClosed(plugin);
    counts.authorized(now());
    const forget = this.#running.add(plugin, evidence);
    const giveBack = (): Promise<void> => {
      forget();
      return release();
    };
    return { launch: admitted, release: giveBack };
  }

  /** A permissive policy notes what it would have refused, and lets it start as it is. */
  async #admitAnyway(
    plugin: string,
    launch: Launch,
    violations: readonly Violation[],
    evidence: Evidence,
    release: () => Promise<void>,
  ): Promise<Admission> {
    await this.#reject(plugin, violations, evidence);
    await release();
    return { launch, release: () => {} };
  }

  async #reject(plugin: string, violations: readonly Violation[], evidence: Evidence): Promise<void> {
    const { rules, trail, counts, now, options } = this.#parts;
    const isStrict = options.policy === 'strict';
    const error = refusal(plugin, violations);
    counts.rejected(now(), new Set(violations.map(({ kind }) => kind)));
    const details = this.#details(evidence, rules.current?.entries.get(plugin));
    await trail.refused(rejection(plugin, violations, details, isStrict));
    if (isStrict) throw error;
    const message = 'a plugin that is not allowed starts, because the policy is permissive';
    this.#host?.logger.warn(message, { plugin, error });
  }

  /** @throws {PluginError} `SECURITY_1806` when that cannot be done and the policy is strict. */
  async #writeDown(plugin: string, evidence: Evidence, entry: WhitelistEntry | undefined): Promise<void> {
    const { trail, counts, now } = this.#parts;
    const details = this.#details(evidence, entry);
    const record: AuditRecordInput = { event: 'plugin_authorized', level: 'info', plugin, details };
    try {
      await trail.allowed(record);
    } catch (error) {
      counts.rejected(now(), new Set());
      throw error;
    }
  }

  async #look(plugin: string, launch: Launch, copyInto?: string): Promise<Evidence> {
    const { rules, options, counts, now } = this.#parts;
    const whitelist = rules.current;
    const entry = whitelist?.entries.get(plugin);
    if (whitelist === undefined || entry === undefined || !entry.enabled) return noEvidence(launch);
    const limit = maxFileSizeBytes(entry, whitelist.constraints);
    const bounds = { pluginDirs: options.pluginDirs, home: dirname(whitelist.file) };
    try {
      return await lookAt(entry, launch, { bounds, maxFileSizeBytes: limit, copyInto });
    } catch (error) {
      counts.rejected(now(), new Set());
      throw noCopy(plugin, error);
    }
  }

  #details(evidence: Evidence, entry: WhitelistEntry | undefined): Record<string, unknown> {
    const details = startDetails(evidence.launch, evidence, entry);
    if (!this.#parts.trail.includesMetadata || entry === undefined) return details;
    return { ...details, metadata: entry.metadata };
  }
}

/** What to start: the verified copy, or the address with the certificates that its entry names. */
function startOf(evidence: Evidence, entry: WhitelistEntry | undefined): Promise<Launch> | Launch {
  const { launch } = evidence;
  if (launch.kind !== 'endpoint') return admittedLaunch(evidence, entry?.pins);
  return { ...launch, certificateSha256: certificatesFor(entry, launch) };
}

function noCopy(plugin: string, cause: unknown): PluginError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an unknown error';
  const message = `its verified copy could not be written (${why}), so it was not started. Make room, or give the gate another 'storeDir'.`;
  return new PluginError('SECURITY_1805', { plugin, message, cause });
}

function alreadyClosed(plugin: string): PluginError {
  const message = 'the manager is shut down, so nothing starts any more. Build a new one.';
  return new PluginError('PLUGIN_1208', { plugin, message });
}
