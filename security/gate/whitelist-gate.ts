import { dirname } from 'node:path';

import { PluginError } from '../../src/core/errors.ts';
import type { Admission, AuditEvent, Gate, GateHost, Launch, SecurityReport } from '../../src/core/gate.ts';
import { admittedLaunch } from '../start/admitted-launch.ts';
import { lookAt, noEvidence, type Evidence } from '../start/evidence.ts';
import { Store } from '../start/store.ts';
import { certificatesFor, judge, maxFileSizeBytes } from '../whitelist/judge.ts';
import { refusal, type Violation } from '../whitelist/violation.ts';
import type { Whitelist, WhitelistEntry } from '../whitelist/whitelist.ts';
import { Counts } from './counts.ts';
import { guarantees } from './guarantees.ts';
import { holdInspectorDoor } from './inspector-door.ts';
import { resolveOptions, type ResolvedWhitelistOptions, type WhitelistOptions } from './options.ts';
import { changesBetween, rejection, startDetails } from './records.ts';
import { Rules } from './rules.ts';
import { Running } from './running.ts';
import { Trail } from './trail.ts';

/**
 * A gate that admits what a whitelist names, and starts a private copy of the bytes that it verified:
 * `withSecurity('./plugins.whitelist')` makes one. Each gate guards one manager.
 * @throws {PluginError} `CONFIG_1703` for an option that makes no sense.
 */
export function whitelistGate(options: string | WhitelistOptions): Gate {
  return new WhitelistGate(resolveOptions(options));
}

class WhitelistGate implements Gate {
  readonly #options: ResolvedWhitelistOptions;
  readonly #rules: Rules;
  readonly #trail: Trail;
  readonly #counts = new Counts();
  readonly #running = new Running();
  #host: GateHost | undefined;
  #store: Store | undefined;
  #openDoor: () => void = () => {};
  #closed = false;

  constructor(options: ResolvedWhitelistOptions) {
    this.#options = options;
    this.#trail = new Trail(options.audit, options.policy === 'strict');
    this.#rules = new Rules(options.whitelist, {
      onChange: (whitelist, before) => this.#changed(whitelist, before),
      onFault: (error) => this.#faulty(error),
      onMended: () => this.#host?.logger.info('the whitelist can be used again'),
    });
  }

  async open(host: GateHost): Promise<void> {
    if (this.#host !== undefined) throw usedTwice();
    this.#host = host;
    const { policy } = this.#options;
    if (policy === 'disabled') return host.logger.warn('security is disabled: every plugin may start');
    this.#openDoor = holdInspectorDoor();
    await this.#trail.open(host);
    this.#trail.changed({ event: 'security_validator_enabled', level: 'info', details: { policy } });
    if (this.#judges) await this.#openRules(host);
  }

  async check(plugin: string, launch: Launch): Promise<void> {
    if (!this.#judges) return;
    const evidence = await this.#look(plugin, launch);
    const violations = judge(this.#rules.current, plugin, evidence);
    if (violations.length > 0) await this.#reject(plugin, violations, evidence);
  }

  async admit(plugin: string, launch: Launch): Promise<Admission> {
    if (this.#options.policy === 'disabled') return { launch, release: () => {} };
    if (this.#closed) throw alreadyClosed(plugin);
    if (!this.#judges) return this.#admitUnseen(plugin, launch);
    const folder = await this.#store?.folder();
    const release = async (): Promise<void> => {
      if (folder !== undefined) await this.#store?.remove(folder);
    };
    try {
      return await this.#admitVerified(plugin, launch, folder, release);
    } catch (error) {
      await release();
      throw error;
    }
  }

  record(event: AuditEvent): void {
    if (this.#options.policy === 'disabled') return;
    const { event: name, plugin, details } = event;
    const record = {
      event: name,
      level: 'info',
      ...(plugin !== undefined && { plugin }),
      ...(details && { details }),
    } as const;
    this.#trail.changed(record, name === 'config_changed' ? 'durable' : 'grouped');
  }

  async reload(): Promise<void> {
    if (!this.#judges) return;
    try {
      await this.#rules.read();
      this.#trail.changed({ event: 'forced_reload_success', level: 'info' });
    } catch (error) {
      this.#trail.changed({ event: 'forced_reload_failed', level: 'warn' });
      throw error;
    }
  }

  report(): SecurityReport {
    const { policy, whitelist } = this.#options;
    const entries = [...(this.#rules.current?.entries.values() ?? [])];
    const scripts = entries.filter(
      ({ interpreter }) => interpreter.path !== undefined || interpreter.sha256 !== undefined,
    );
    return {
      policy,
      whitelistFile: whitelist,
      entries: entries.length,
      alarm: this.#rules.alarm ?? this.#trail.alarm,
      statistics: this.#counts.snapshot(),
      guarantees: guarantees(
        policy,
        scripts.every(({ interpreter }) => interpreter.sha256 !== undefined) && scripts.length > 0,
      ),
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#rules.close().catch(() => {});
    await this.#store?.close();
    if (this.#options.policy !== 'disabled' && this.#host !== undefined) {
      this.#trail.changed({ event: 'security_validator_disabled', level: 'info' });
      await this.#trail.close();
    }
    this.#openDoor();
  }

  /** Under the other policies nothing is looked at. */
  get #judges(): boolean {
    return this.#options.policy === 'strict' || this.#options.policy === 'permissive';
  }

  get #isStrict(): boolean {
    return this.#options.policy === 'strict';
  }

  async #openRules(host: GateHost): Promise<void> {
    const { storeDir, watch, reloadDelayMs } = this.#options;
    this.#store = await Store.open(storeDir);
    const look = await this.#rules.look();
    try {
      await this.#rules.read();
    } catch (error) {
      if (this.#isStrict) throw error;
    }
    if (watch) await this.#rules.follow(host, reloadDelayMs, look);
  }

  async #admitUnseen(plugin: string, launch: Launch): Promise<Admission> {
    this.#counts.authorized(this.#now());
    const details = startDetails(launch, undefined, undefined);
    await this.#trail.allowed({ event: 'plugin_authorized', level: 'info', plugin, details });
    return { launch, release: () => {} };
  }

  async #admitVerified(
    plugin: string,
    launch: Launch,
    folder: string | undefined,
    release: () => Promise<void>,
  ): Promise<Admission> {
    const evidence = await this.#look(plugin, launch, folder);
    const violations = judge(this.#rules.current, plugin, evidence);
    if (violations.length > 0) return this.#admitAnyway(plugin, launch, violations, evidence, release);
    const entry = this.#rules.current?.entries.get(plugin);
    const admitted = await startOf(evidence, entry);
    await this.#trail.allowed(this.#authorization(plugin, evidence, entry)).catch((error: unknown) => {
      this.#counts.rejected(this.#now(), new Set());
      throw error;
    });
    // The whitelist may have changed, and the manager gone, in the meantime.
    const late = judge(this.#rules.current, plugin, evidence);
    if (late.length > 0) return this.#admitAnyway(plugin, launch, late, evidence, release);
    if (this.#closed) throw alreadyClosed(plugin);
    this.#counts.authorized(this.#now());
    const forget = this.#running.add(plugin, evidence);
    return {
      launch: admitted,
      release: () => {
        forget();
        return release();
      },
    };
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
    const error = refusal(plugin, violations);
    const entry = this.#rules.current?.entries.get(plugin);
    this.#counts.rejected(this.#now(), new Set(violations.map(({ kind }) => kind)));
    const details = { ...startDetails(evidence.launch, evidence, entry), ...this.#metadata(entry) };
    await this.#trail.refused(rejection(plugin, violations, details, this.#isStrict));
    if (this.#isStrict) throw error;
    this.#host?.logger.warn('a plugin that is not allowed starts, because the policy is permissive', {
      plugin,
      error,
    });
  }

  async #look(plugin: string, launch: Launch, copyInto?: string): Promise<Evidence> {
    const whitelist = this.#rules.current;
    const entry = whitelist?.entries.get(plugin);
    if (whitelist === undefined || entry === undefined || !entry.enabled) return noEvidence(launch);
    const { pluginDirs } = this.#options;
    const limit = maxFileSizeBytes(entry, whitelist.constraints);
    const bounds = { pluginDirs, home: dirname(whitelist.file) };
    return lookAt(entry, launch, { bounds, maxFileSizeBytes: limit, copyInto }).catch((error: unknown) => {
      this.#counts.rejected(this.#now(), new Set());
      throw noCopy(plugin, error);
    });
  }

  #authorization(plugin: string, evidence: Evidence, entry: WhitelistEntry | undefined) {
    const details = { ...startDetails(evidence.launch, evidence, entry), ...this.#metadata(entry) };
    return { event: 'plugin_authorized', level: 'info', plugin, details } as const;
  }

  #metadata(entry: WhitelistEntry | undefined): Record<string, unknown> {
    return this.#trail.includesMetadata && entry !== undefined ? { metadata: entry.metadata } : {};
  }

  #changed(whitelist: Whitelist, before: Whitelist | undefined): void {
    const details = changesBetween(before, whitelist);
    const event = before === undefined ? 'whitelist_loaded' : 'whitelist_reloaded';
    this.#trail.changed({ event, level: 'info', details });
    if (before === undefined) return;
    this.#counts.reloaded(this.#now());
    this.#host?.logger.info('the whitelist was read again', details);
    for (const [plugin, reason] of this.#running.forbiddenBy(whitelist)) this.#revoke(plugin, reason);
  }

  #revoke(plugin: string, reason: PluginError): void {
    const details = { reason: reason.rawMessage, enforced: this.#isStrict };
    this.#trail.changed({ event: 'plugin_revoked', level: 'security', plugin, details });
    this.#host?.logger.warn('a running plugin is no longer allowed', { plugin, error: reason });
    if (this.#isStrict) this.#host?.revoke(plugin, reason);
  }

  #faulty(error: PluginError): void {
    this.#counts.reloadFailed();
    this.#host?.logger.warn('the whitelist cannot be used; the one before stays in force', { error });
    this.#trail.changed({
      event: 'whitelist_reload_failed',
      level: 'critical',
      details: { reason: error.rawMessage },
    });
  }

  #now(): Date {
    return this.#host?.clock.date() ?? new Date();
  }
}

/** What to start: the verified copy, or the address with the certificates that its entry names. */
function startOf(evidence: Evidence, entry: WhitelistEntry | undefined): Promise<Launch> | Launch {
  const { launch } = evidence;
  if (launch.kind !== 'endpoint') return admittedLaunch(evidence, entry?.pins);
  return { ...launch, certificateSha256: certificatesFor(entry, launch) };
}

function noCopy(plugin: string, cause: unknown): PluginError {
  if (cause instanceof PluginError) return cause;
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an unknown error';
  const message = `its verified copy could not be written (${why}), so it was not started. Make room, or give the gate another 'storeDir'.`;
  return new PluginError('SECURITY_1805', { plugin, message, cause });
}

function alreadyClosed(plugin: string): PluginError {
  const message = 'the manager is shut down, so nothing starts any more. Build a new one.';
  return new PluginError('PLUGIN_1208', { plugin, message });
}

function usedTwice(): PluginError {
  const message = 'this gate guards another manager already. Make one for each: whitelistGate(…).';
  return new PluginError('SECURITY_1801', { message });
}
