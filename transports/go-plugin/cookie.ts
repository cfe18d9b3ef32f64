import { env, magicCookie } from '../wire/messages.ts';

/**
 * What host and plugin agree on beforehand, so that a plugin that is started by hand can say what it is. It keeps
 * nobody out: it is no secret.
 */
export interface GoHandshake {
  /** The name of an environment variable: go-plugin's `MagicCookieKey`. */
  readonly magicCookieKey: string;
  /** Its value: go-plugin's `MagicCookieValue`. */
  readonly magicCookieValue: string;
}

/**
 * That of plugins which a configuration names: `serveGoPlugin({ handshake: plugboardHandshake, plugin })`. A plugin with
 * another one gets it there as a variable of its `env`.
 */
export const plugboardHandshake: GoHandshake = { magicCookieKey: env.cookie, magicCookieValue: magicCookie };
