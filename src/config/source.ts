/** How a plugin is reached, as data; the builder makes a source of it. */
export type SourceConfig = ProgramConfig | GoPluginConfig | WorkerConfig | GrpcConfig;

/** A program of its own: `transport: exec` or `type: subprocess`. */
export interface ProgramConfig {
  readonly kind: 'subprocess';
  readonly command: string;
  readonly args: readonly string[];
  /** Added to what every child gets; these win. */
  readonly env: Readonly<Record<string, string>>;
  /** Default false. */
  readonly inheritEnv: boolean;
  /** Undefined is the host's. */
  readonly cwd: string | undefined;
  /** Default `plugboard`. */
  readonly protocol: 'plugboard' | 'go-plugins';
  /** Default `fd`. */
  readonly channel: 'fd' | 'stdio';
  /** In bytes. Undefined is the transport's default. */
  readonly maxFrameBytes: number | undefined;
  /** In milliseconds. Undefined is the transport's default. */
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
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A gRPC server: `transport: grpc` or `grpc-tls`. */
export interface GrpcConfig {
  readonly kind: 'grpc';
  readonly endpoint: string;
  readonly tls: boolean;
}
