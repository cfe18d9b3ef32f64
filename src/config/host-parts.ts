/** Where plugins are looked for. */
export interface DiscoveryConfig {
  /** Folders that hold plugins, each with its `plugin.json`. */
  readonly directories: readonly string[];
  /** Globs on the name of the folder that holds a `plugin.json`, or of the file; one that fits is enough. Default `*`. */
  readonly patterns: readonly string[];
  /** How deep below each folder; 0 is the folder itself. Default 5, as `Auto` of go-plugins. */
  readonly maxDepth: number;
  /** Globs on names or on paths below the folder, of what is not looked at. Default none. */
  readonly exclude: readonly string[];
  /** Default false: a link may lead anywhere. */
  readonly followSymlinks: boolean;
  /** Only plugins with all of these. Default none. */
  readonly requiredCapabilities: readonly string[];
  /** Only plugins over one of these. Default: over every transport. */
  readonly allowedTransports: readonly string[];
  /** Takes up what is added, changed and removed while the host runs. Default false. */
  readonly watch: boolean;
}

/** What may run, and what is written down about it. */
export interface SecurityConfig {
  /** `disabled` lets everything run unasked. Default `strict`. */
  readonly policy: 'disabled' | 'permissive' | 'strict' | 'audit-only';
  /** The file that lists what may run. */
  readonly whitelistFile: string | undefined;
  /** Takes up changes of the whitelist while the host runs. Default true. */
  readonly watch: boolean;
  /** From the last change of the whitelist until it is read, in milliseconds. Default 1,000. */
  readonly reloadDelayMs: number;
  /** The only one there is. */
  readonly hashAlgorithm: 'sha256';
  /** Every start is checked: `policy` says what follows. Anything but true is refused, so that nobody relies on it. */
  readonly validateOnStart: boolean;
  /** The whitelist is changed by people, with `plugboard whitelist`; a host that would do it is refused. Default false. */
  readonly autoUpdate: boolean;
  /** The largest file of a plugin, in bytes; a smaller limit of the whitelist holds too. Without it the whitelist's alone, which is 100 MiB unless it says something else. */
  readonly maxFileBytes: number | undefined;
  /** Types of plugins that may run, if the whitelist allows them too. Without it any. */
  readonly allowedTypes: readonly string[] | undefined;
  /** Paths from which nothing may run, besides those of the whitelist. Default none. */
  readonly forbiddenPaths: readonly string[];
  /** How far a plugin is trusted that says nothing itself. Default `standard`. */
  readonly level: 'trusted' | 'standard' | 'sandboxed';
  /** Whether plugins run in a sandbox of the operating system. Default false. */
  readonly sandbox: boolean;
  readonly audit: AuditConfig;
}

/** What the audit log holds. */
export interface AuditConfig {
  /** Whether there is one. Default true. */
  readonly enabled: boolean;
  /** Without it nothing is written down, and the host warns. */
  readonly file: string | undefined;
  /** Refusals. Default true. */
  readonly logUnauthorized: boolean;
  /** Admissions, many. Default false. */
  readonly logAuthorized: boolean;
  /** Changes of configuration and whitelist. Default true. */
  readonly logConfigChanges: boolean;
  /** What a plugin says of itself beside its name. Default false. */
  readonly includeMetadata: boolean;
}

/** Where numbers go. */
export interface MetricsConfig {
  readonly prometheus: PrometheusConfig | undefined;
  readonly otlp: OtlpConfig | undefined;
}

/** A page for Prometheus to read. */
export interface PrometheusConfig {
  /**
   * Default 9464, where OpenTelemetry's hosts are read and `plugboard top` looks; the 9090 of go-plugins is that of
   * Prometheus itself.
   */
  readonly port: number;
  /** Put before every name. Default none. */
  readonly namespace: string | undefined;
  /** Put between namespace and name. Default none. */
  readonly subsystem: string | undefined;
}

/** A receiver of OpenTelemetry. */
export interface OtlpConfig {
  /** Its URL, `http://localhost:4318`. */
  readonly endpoint: string;
  /** Sent with every request. Default none. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Spans around calls. */
export interface TracingConfig {
  /** What the host is called in traces. Default `plugboard`. */
  readonly serviceName: string;
  /** A receiver's URL. Without it what the application has set up for OpenTelemetry. */
  readonly endpoint: string | undefined;
  /** The share of calls that are traced, 0 to 1. Default 0.1, as go-plugins. */
  readonly sampleRate: number;
}
