import { messageOf, PluginError } from '../../src/core/errors.ts';
import type { Admission, AuditEvent, Gate, GateHost, Launch, SecurityReport } from '../../src/core/gate.ts';
import { withFields } from '../../src/core/logger.ts';
import type { Whitelist } from '../whitelist/whitelist.ts';
import { Admissions } from './admissions.ts';
import { Counts } from './counts.ts';
import { guarantees } from './guarantees.ts';
import { holdInspectorDoor } from './inspector-door.ts';
import { resolveOptions, type ResolvedWhitelistOptions, type WhitelistOptions } from './options.ts';
import { changesBetween, startDetails } from './records.ts';
import { Rules } from './rules.ts';
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
  readonly #admissions: Admissions;
  #host: GateHost | undefined;
  #openDoor: () => void = () => {};
  #closed = false;

  constructor(options: ResolvedWhitelistOptions) {
    this.#options = options;
    this.#trail = new Trail(options.audit, this.#isStrict);
    this.#rules = new Rules(options.whitelist, options.constraints, {
      onChange: (whitelist, before) => this.#changed(whitelist, before),
      onFault: (error) => this.#faulty(error),
      onUnwatched: (error) => this.#unwatched(error),
      onMended: () => this.#host?.logger.info('the whitelist can be used again'),
    });
    const now = (): Date => this.#now();
    this.#admissions = new Admissions({
      options,
      rules: this.#rules,
      trail: this.#trail,
      counts: this.#counts,
      now,
    });
  }

  async open(host: GateHost): Promise<void> {
    if (this.#host !== undefined) throw usedTwice();
    const logger = withFields(host.logger, {}); // one that does not throw
    this.#host = { clock: host.clock, logger, revoke: (plugin, reason) => host.revoke(plugin, reason) };
    const { policy } = this.#options;
    if (policy === 'disabled') return logger.warn('security is disabled: every plugin may start');
    this.#openDoor = holdInspectorDoor();
    await this.#trail.open(this.#host);
    this.#trail.changed({ event: 'security_validator_enabled', level: 'info', details: { policy } });
    if (this.#judges) await this.#openRules(this.#host);
  }

  async check(plugin: string, launch: Launch): Promise<void> {
    if (this.#judges) await this.#admissions.check(plugin, launch);
  }

  async admit(plugin: string, launch: Launch): Promise<Admission> {
    if (this.#judges) return this.#admissions.admit(plugin, launch);
    if (this.#options.policy === 'audit-only') {
      this.#counts.authorized(this.#now());
      const details = startDetails(launch, undefined, undefined);
      await this.#trail.allowed({ event: 'plugin_authorized', level: 'info', plugin, details });
    }
    return { launch, release: () => {} };
  }

  record({ event, plugin, details }: AuditEvent): void {
    if (this.#options.policy === 'disabled') return;
    const about = { ...(plugin !== undefined && { plugin }), ...(details && { details }) };
    this.#trail.changed(
      { event, level: 'info', ...about },
      event.startsWith('config_') ? 'durable' : 'grouped',
    );
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
    return {
      policy,
      whitelistFile: whitelist,
      entries: entries.length,
      alarm: this.#rules.alarm ?? this.#trail.alarm,
      statistics: this.#counts.snapshot(),
      guarantees: guarantees(policy, this.#admissions.sharedFolder),
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#rules.close().catch(() => {});
    await this.#admissions.close();
    if (this.#options.policy !== 'disabled' && this.#host !== undefined) {
      this.#trail.changed({ event: 'security_validator_disabled', level: 'info' });
      await this.#trail.close();
    }
    this.#openDoor();
  }

  /** Under the other policies nothing is looked at. */
  get #judges(): boolean {
    return this.#isStrict || this.#options.policy === 'permissive';
  }

  get #isStrict(): boolean {
    return this.#options.policy === 'strict';
  }

  async #openRules(host: GateHost): Promise<void> {
    const { watch, reloadDelayMs } = this.#options;
    await this.#admissions.open(host);
    const look = await this.#rules.look();
    try {
      await this.#rules.read();
    } catch (error) {
      if (this.#isStrict) throw error;
    }
    if (watch) await this.#rules.follow(host.clock, reloadDelayMs, look);
  }

  #changed(whitelist: Whitelist, before: Whitelist | undefined): void {
    const details = changesBetween(before, whitelist);
    const event = before === undefined ? 'whitelist_loaded' : 'whitelist_reloaded';
    this.#trail.changed({ event, level: 'info', details });
    if (before === undefined) return;
    this.#counts.reloaded(this.#now());
    this.#host?.logger.info('the whitelist was read again', details);
    for (const [plugin, reason] of this.#admissions.forbiddenBy(whitelist)) this.#revoke(plugin, reason);
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
    const details = { reason: error.rawMessage };
    this.#trail.changed({ event: 'whitelist_reload_failed', level: 'critical', details });
  }

  #unwatched(error: unknown): void {
    this.#host?.logger.warn('the whitelist cannot be watched; it is looked at every second', { error });
    const details = { reason: messageOf(error) };
    this.#trail.changed({ event: 'whitelist_watch_error', level: 'warn', details });
  }

  #now(): Date {
    return this.#host?.clock.date() ?? new Date();
  }
}

function usedTwice(): PluginError {
  const message = 'this gate guards another manager already. Make one for each: whitelistGate(…).';
  return new PluginError('SECURITY_1801', { message });
}
