/** How a plugin is reached, as data; the builder makes a source of it. */
export type SourceConfig = ProgramConfig | GoPluginConfig | WorkerConfig | GrpcConfig;

/** A program of its own: `transport: exec` or `type: subprocess`. */
export interface ProgramConfig {
  readonly kind: 'subprocess';
  /** A program: a path, or a name on `PATH`. */
  readonly command: string;
  /** Its arguments; no shell looks at them. Default none. */
  readonly args: readonly string[];
  /** Added to what every child gets; these win. */
  readonly env: Readonly<Record<string, string>>;
  /** Passes on the host's whole environment, secrets included. Default false. */
  readonly inheritEnv: boolean;
  /** Its working directory. Default: the host's. */
  readonly cwd: string | undefined;
  /** Default `plugboard`; `go-plugins` is a line of JSON in, a line out. */
  readonly protocol: 'plugboard' | 'go-plugins';
  /** Where frames travel: a descriptor of their own, or stdin and stdout. Default `fd`. */
  readonly channel: 'fd' | 'stdio';
  /** The largest message, in bytes. Default: the transport's, 16 MiB. */
  readonly maxFrameBytes: number | undefined;
  /** From SIGTERM to SIGKILL, in milliseconds. Default: the transport's, 10,000. */
  readonly killTimeoutMs: number | undefined;
}

/** A plugin of HashiCorp's go-plugin: `transport: go-plugin`. */
export interface GoPluginConfig {
  readonly kind: 'go-plugin';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
}

/** A thread of this process: `transport: worker`. */
export interface WorkerConfig {
  readonly kind: 'worker';
  /** A JavaScript file. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A gRPC server: `transport: grpc` or `grpc-tls`. */
export interface GrpcConfig {
  readonly kind: 'grpc';
  /** `host:port`, `unix:path` or `dns:///name:port`; several with commas between them. */
  readonly endpoint: string;
  readonly tls: boolean;
  /** The largest message, in bytes. Default: the transport's, 16 MiB. */
  readonly maxFrameBytes?: number | undefined;
}
