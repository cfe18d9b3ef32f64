/** A SHA-256, as 64 lower-case hex digits. */
export type Sha256 = string;

/** Which bytes an entry stands for. */
export type Pins =
  | { readonly kind: 'file'; readonly sha256: Sha256 }
  | {
      readonly kind: 'directory';
      /** Every file of the directory, by its path in it with `/`. A file that is not named fails the plugin. */
      readonly files: ReadonlyMap<string, Sha256>;
      /** The one that runs. */
      readonly entry: string;
    };

/** The program that runs an entry's script. */
export interface Interpreter {
  /** Absolute, or relative to the whitelist's folder; undefined leaves any that only root may change. */
  readonly path: string | undefined;
  readonly sha256: Sha256 | undefined;
  /** What stands between the interpreter and the script, word by word. Default nothing. */
  readonly args: readonly string[];
}

/** One plugin that may run. */
export interface WhitelistEntry {
  /** The host's name for the plugin. */
  readonly name: string;
  readonly enabled: boolean;
  /** How it is reached: `subprocess`, `worker`, `grpc`, …; undefined leaves any. */
  readonly type: string | undefined;
  /** Where it lies, absolute; undefined for a plugin that somebody else runs. */
  readonly path: string | undefined;
  readonly pins: Pins | undefined;
  readonly interpreter: Interpreter;
  /** Each of its files may be so large; the whitelist's own limit holds too. */
  readonly maxFileSizeBytes: number | undefined;
  /** Addresses, normalised. */
  readonly allowedEndpoints: readonly string[];
  /** Certificates that an endpoint may show; empty leaves any that TLS accepts. */
  readonly certificateSha256: readonly Sha256[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What holds for every entry. */
export interface Constraints {
  /** Default 100 MiB, as go-plugins. */
  readonly maxFileSizeBytes: number;
  /** How plugins may be reached; undefined leaves all. */
  readonly allowedTypes: readonly string[] | undefined;
  /** Below these, absolute, nothing runs, whatever an entry says. */
  readonly forbiddenPaths: readonly string[];
}

/** What may run, read and checked. */
export interface Whitelist {
  /** The file it was read from, absolute. */
  readonly file: string;
  readonly version: string | undefined;
  readonly constraints: Constraints;
  readonly entries: ReadonlyMap<string, WhitelistEntry>;
}

/** As go-plugins. */
export const defaultMaxFileSizeBytes: number = 100 * 1024 * 1024;
