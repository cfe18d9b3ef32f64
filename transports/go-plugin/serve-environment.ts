import type { GoHandshake } from './cookie.ts';

/** What a host of go-plugin says to a plugin that it starts. */
export interface ServeEnvironment {
  /** The versions of the application's protocol that the host knows. Very old hosts say none. */
  readonly versions: readonly number[];
  /** What stood among them and is no version. */
  readonly notVersions: readonly string[];
  readonly minPort: string;
  readonly maxPort: string;
  /** PEM; its presence asks for TLS. */
  readonly clientCertificate: string | undefined;
  /** Where sockets are to be; empty for the system's folder for temporary files. */
  readonly socketFolder: string;
  /** A name or a number of a group that may connect too. */
  readonly socketGroup: string;
  /** Whether field 7 of the handshake line is to be printed. */
  readonly asksForMultiplexing: boolean;
}

/** Reads it. */
export function readEnvironment(env: NodeJS.ProcessEnv): ServeEnvironment {
  const said = (name: string): string => env[name] ?? '';
  const versions = said('PLUGIN_PROTOCOL_VERSIONS')
    .split(',')
    .filter((text) => text !== '');
  const isVersion = (text: string): boolean => /^\d{1,9}$/.test(text.trim());
  return {
    versions: versions.filter(isVersion).map(Number),
    notVersions: versions.filter((text) => !isVersion(text)),
    minPort: said('PLUGIN_MIN_PORT'),
    maxPort: said('PLUGIN_MAX_PORT'),
    clientCertificate: said('PLUGIN_CLIENT_CERT') || undefined,
    socketFolder: said('PLUGIN_UNIX_SOCKET_DIR'),
    socketGroup: said('PLUGIN_UNIX_SOCKET_GROUP'),
    asksForMultiplexing: said('PLUGIN_MULTIPLEX_GRPC') !== '',
  };
}

/** Whether a host of this application started the program. */
export function startedByGoHost(handshake: GoHandshake, env: NodeJS.ProcessEnv): boolean {
  return env[handshake.magicCookieKey] === handshake.magicCookieValue;
}

/** The highest version that both know; the lowest of the plugin's where there is none, and the host says so. */
export function chooseVersion(own: readonly number[], hosts: readonly number[]): number {
  const shared = own.filter((version) => hosts.includes(version));
  return shared.length > 0 ? Math.max(...shared) : Math.min(...own);
}
