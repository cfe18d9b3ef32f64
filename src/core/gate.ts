import type { Clock } from './clock.ts';
import type { PluginError } from './errors.ts';
import type { Logger } from './logger.ts';

/** A program with its arguments, as it will be started: no shell looks at them. */
export interface ProgramLaunch {
  readonly kind: 'program';
  /** An absolute path, or a bare name that is looked up on `PATH`. */
  readonly command: string;
  readonly args: readonly string[];
  /** Its working directory, absolute. */
  readonly cwd: string;
  /** What the host adds to the few variables that every plugin gets. */
  readonly env: Readonly<Record<string, string>>;
}

/** A file that is loaded into a thread of this process. */
export interface ModuleLaunch {
  readonly kind: 'module';
  /** An absolute path. */
  readonly file: string;
  /** What the host adds to the few variables that every plugin gets: Node heeds `NODE_OPTIONS` of a thread too. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A plugin that somebody else runs and that is connected to. */
export interface EndpointLaunch {
  readonly kind: 'endpoint';
  /** `host:port`, `unix:/path`, `dns:///name:port`; several with commas between them. */
  readonly endpoint: string;
  /** SHA-256 of the certificates that the other end may show, in hex; without it any that TLS accepts. */
  readonly certificateSha256?: readonly string[] | undefined;
}

/** What a source is about to start or to connect to. */
export type Launch = ProgramLaunch | ModuleLaunch | EndpointLaunch;

/** Leave to start. */
export interface Admission {
  /** What to start instead: a verified copy, say. It is of the kind that was asked for. */
  readonly launch: Launch;
  /** Gives back what was kept for this start. Called once, when the plugin has ended or did not start. */
  release(): void | Promise<void>;
}

/** What a gate may ask of its manager. */
export interface GateHost {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Drains a plugin that may no longer run and stops it; its calls are refused with `reason` from now on. */
  revoke(plugin: string, reason: PluginError): void;
}

/** Something that happened to the host and belongs in its audit log. */
export interface AuditEvent {
  /** `config_changed`, `plugin_registered`, …: lower case, words joined by `_`. */
  readonly event: string;
  readonly plugin?: string | undefined;
  /** JSON values; secrets are masked before they are written. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** Decides what may run. The whitelist is one; it stands before every start, restarts included. */
export interface Gate {
  /**
   * Makes it ready to judge; runs before any plugin starts.
   * @throws {PluginError} `SECURITY_18xx` when its rules cannot be read.
   */
  open(host: GateHost): Promise<void>;
  /** @throws {PluginError} `SECURITY_18xx` when a plugin would not be admitted now. Starts and keeps nothing. */
  check(plugin: string, launch: Launch): Promise<void>;
  /** @throws {PluginError} `SECURITY_18xx` when it may not be started. */
  admit(plugin: string, launch: Launch): Promise<Admission>;
  /** Notes what the host did. Never throws. */
  record(event: AuditEvent): void;
  /** Reads its rules again. @throws {PluginError} when they cannot be read; the ones before stay. */
  reload(): Promise<void>;
  report(): SecurityReport;
  /** Ends its watchers and writes what it has not yet written. Never rejects. */
  close(): Promise<void>;
}

/** How strictly a gate judges. */
export type SecurityPolicy = 'strict' | 'permissive' | 'audit-only' | 'disabled';

/** What a gate says of itself. */
export interface SecurityReport {
  readonly policy: SecurityPolicy;
  /** The file of its rules, if they come from one. */
  readonly whitelistFile: string | undefined;
  /** How many plugins the rules name. */
  readonly entries: number;
  /** Whether the last attempt to read the rules failed, and why; the ones before are in force then. */
  readonly alarm: string | undefined;
  readonly statistics: SecurityStatistics;
  /** What holds on this platform, and what does not, each in a sentence. */
  readonly guarantees: readonly { readonly what: string; readonly holds: boolean; readonly note: string }[];
}

/**
 * What a gate decided since the start. `authorized + rejected` is `attempts`; under `permissive` what broke a rule counts
 * as rejected although it ran.
 */
export interface SecurityStatistics {
  readonly attempts: number;
  readonly authorized: number;
  readonly rejected: number;
  /** By kind of violation; one attempt may have several. */
  readonly violations: Readonly<Record<string, number>>;
  readonly reloads: number;
  readonly failedReloads: number;
  readonly lastAuthorizedAt: Date | undefined;
  readonly lastRejectedAt: Date | undefined;
  readonly lastReloadAt: Date | undefined;
}
