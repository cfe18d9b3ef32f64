/** How the host says who it is. Strings may be secrets: they are never printed. */
export interface AuthConfig {
  /** Default `none`. */
  readonly method: 'none' | 'api-key' | 'bearer' | 'basic' | 'mtls' | 'custom';
  /** For `api-key`. */
  readonly apiKey: string | undefined;
  /** For `bearer`. */
  readonly token: string | undefined;
  /** For `basic`. */
  readonly username: string | undefined;
  /** For `basic`. */
  readonly password: string | undefined;
  /** For `mtls`, PEM. */
  readonly certFile: string | undefined;
  /** For `mtls`, PEM. */
  readonly keyFile: string | undefined;
  /** For `mtls`, PEM. Default: the system's authorities. */
  readonly caFile: string | undefined;
  /** Sent with every call. Default none. */
  readonly headers: Readonly<Record<string, string>>;
}
