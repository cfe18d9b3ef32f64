import { isIPv6 } from 'node:net';

import { mailAddr, type MailAddr } from './address.ts';
import type { DisconnectRequest } from './connection.ts';
import type { HarakaAddress, HarakaConnection, HarakaPath } from './haraka-parts.ts';
import type { MailSession } from './session.ts';
import type { ResetRequest } from './transaction.ts';

/** From this state on, a connection of Haraka ends. */
const disconnecting = 99;

/** What plugins are told of a connection. */
export function sessionOf({ uuid, remote, hello, tls, notes, start_time }: HarakaConnection): MailSession {
  const { version: protocol = 'TLS', name: cipher = 'unknown' } = tls.cipher ?? {};
  const { auth_user: user, auth_method: mechanism = 'unknown' } = notes;
  return {
    id: uuid,
    remote: { ip: remote.ip, port: remote.port, family: isIPv6(remote.ip) ? 6 : 4 },
    ...(hello.host && { helo: hello.host }),
    ...(tls.enabled && { tls: { protocol, cipher } }),
    ...(user !== undefined && { auth: { user, mechanism } }),
    startedAtMs: start_time,
  };
}

/** An address as plugins see it, with its parameters where it has just come. */
export function addressOf(address: HarakaAddress, params: HarakaPath[1] = {}): MailAddr {
  const all = Object.entries(params).map(([name, value]) => [name, value ?? true] as const);
  return mailAddr(address.format().slice(1, -1), all.length === 0 ? undefined : Object.fromEntries(all));
}

/** Why a transaction is over. */
export function resetReason({
  current_line: line,
  state,
  transaction,
}: HarakaConnection): ResetRequest['reason'] {
  const status = transaction?.msg_status;
  if (status !== undefined) return status === 'accepted' ? 'done' : 'refused';
  if (state >= disconnecting) return 'disconnect';
  if (/^rset/i.test(line ?? '')) return 'rset';
  return /^(?:ehlo|helo|starttls)/i.test(line ?? '') ? 'hello' : 'refused';
}

/** Why a connection is over. */
export function endReason({ current_line: line, remote }: HarakaConnection): DisconnectRequest['reason'] {
  if (remote.closed) return 'reset';
  return /^quit/i.test(line ?? '') ? 'quit' : 'rejected';
}
