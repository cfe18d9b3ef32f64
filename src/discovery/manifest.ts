/** What a plugin says of itself in its `plugin.json`. Nothing in it is a promise: the host decides what it grants. */
export interface Manifest {
  /** The plugin's identifier: `name`, or `plugin_id` where there is one. */
  readonly name: string;
  /** For people: the `name` beside a `plugin_id`. */
  readonly title: string | undefined;
  /** A full semantic version. */
  readonly version: string;
  readonly description: string | undefined;
  readonly author: string | undefined;
  readonly homepage: string | undefined;
  readonly repository: string | undefined;
  /** Default `MIT`, as the email platform. */
  readonly license: string;
  readonly capabilities: readonly string[];
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What it asks to be allowed, `read:emails`. */
  readonly permissions: readonly string[];
  /** How far it wants to be trusted. Default `standard`. */
  readonly securityLevel: 'trusted' | 'standard' | 'sandboxed';
  /** When it was made, in milliseconds since 1970. */
  readonly createdAt: number | undefined;
  readonly checksum: string | undefined;
  /** Packages of its language, as written, `scikit-learn>=1.0.0`; the host does nothing with them. */
  readonly dependencies: readonly string[];
  readonly transport: 'subprocess' | 'worker' | 'grpc' | 'grpc-tls' | 'go-plugin' | undefined;
  /** A path below the manifest's folder, or a bare name that is looked up on `PATH`. */
  readonly command: string | undefined;
  /** A path below the manifest's folder. */
  readonly file: string | undefined;
  readonly endpoint: string | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly requirements: Requirements;
  readonly resources: Resources;
  readonly healthCheck: ManifestHealthCheck | undefined;
}

/** What must be there for the plugin to run. */
export interface Requirements {
  /** Versions of the host's interface, as a range of npm's semver. Default `*`. */
  readonly host: string;
  readonly minGoVersion: string | undefined;
  /** Required and optional ones, with the ranges of their versions. */
  readonly plugins: readonly PluginRequirement[];
  readonly systemPackages: readonly string[];
  readonly environmentVars: readonly string[];
}

/** Another plugin that is needed. */
export interface PluginRequirement {
  readonly name: string;
  /** A range of npm's semver. */
  readonly version: string;
  readonly optional: boolean;
}

/** What it says it needs at most. */
export interface Resources {
  readonly maxMemoryBytes: number | undefined;
  readonly maxCpuPercent: number | undefined;
  readonly maxConnections: number | undefined;
  readonly maxRequests: number | undefined;
}

/** How it wants to be watched. */
export interface ManifestHealthCheck {
  readonly enabled: boolean;
  readonly intervalMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly failureLimit: number | undefined;
}
