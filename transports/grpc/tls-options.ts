/** TLS towards a server. Files are PEM, and read anew for every connection, so that they may be rotated. */
export interface GrpcTls {
  /** Who may have signed the server's certificate. Default: the authorities that Node knows. */
  readonly caFile?: string | undefined;
  /** The host's own certificate, with `keyFile`. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** The name in the server's certificate. Default: that of the endpoint. */
  readonly serverName?: string | undefined;
  /** SHA-256 of the certificates that the server may show, in hex, besides being signed. Default: each that is signed. */
  readonly certificateSha256?: readonly string[] | undefined;
}
