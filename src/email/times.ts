/**
 * How long all plugins of a hook together may take, in milliseconds. A client waits five minutes for most replies, two
 * for the one to DATA and ten for the last (RFC 5321 §4.5.3.2); several hooks may stand before one reply.
 */

/** For one step of a session: what Postfix gives a milter for one. */
export const stepMs = 30_000;

/** For what reads a message. */
export const contentMs = 120_000;
