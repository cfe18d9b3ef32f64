/** How the host says who it is. Strings may be secrets: they are never printed. */
export interface AuthConfig {
  /** Default `none`. */
  readonly method: 'none' | 'api-key' | 'bearer' | 'basic' | 'mtls' | 'custom';
  readonly apiKey: string | undefined;
  readonly token: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly caFile: string | undefined;
  /** Sent with every call. Default none. */
  readonly headers: Readonly<Record<string, string>>;
}
