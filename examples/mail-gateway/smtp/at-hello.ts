import type { TLSSocket } from 'node:tls';
import type { PeerCertificate } from 'plugboard/email';
import { atReset } from './at-connect.ts';
import type { Front } from './front.ts';
import { refusalOf, type Refusal } from './refusal.ts';
import type { Session } from './session.ts';

/** HELO, or EHLO with the extensions that are about to be told. */
export async function atHello(
  front: Front,
  session: Session,
  hostname: string,
  extensions: readonly string[] | undefined,
): Promise<Refusal | readonly string[] | undefined> {
  atReset(front, session, 'hello');
  const run = front.runIn(session.id);
  const asked = { ...session.context, hostname, isLiteral: /^\[.*\]$/.test(hostname) };
  if (extensions === undefined) {
    const { answer } = await run('command.helo', asked, session.running);
    return refusalOf('command.helo', answer);
  }
  const { answer, request } = await run('command.ehlo', { ...asked, extensions }, session.running);
  return refusalOf('command.ehlo', answer) ?? request.extensions;
}

/** STARTTLS, before it is agreed to. */
export async function beforeTls(front: Front, session: Session): Promise<Refusal | undefined> {
  const asked = { ...session.context, phase: 'before' as const };
  const { answer } = await front.runIn(session.id)('command.startTls', asked, session.running);
  return refusalOf('command.startTls', answer);
}

/** The handshake is done. What the client said before does not count any more (RFC 3207 §4.2). */
export async function afterTls(
  front: Front,
  session: Session,
  socket: TLSSocket,
): Promise<Refusal | undefined> {
  atReset(front, session, 'hello');
  session.auth = undefined;
  const { servername } = session.connection.session;
  const sni = typeof servername === 'string' && servername !== '' ? { sni: servername } : {};
  session.tls = { protocol: socket.getProtocol() ?? 'unknown', cipher: socket.getCipher().name, ...sni };
  const peerCert = certificateOf(socket);
  const asked = {
    ...session.context,
    phase: 'after' as const,
    ...session.tls,
    ...(peerCert && { peerCert }),
  };
  const { answer } = await front.runIn(session.id)('command.startTls', asked, session.running);
  // It is too late for the hook's own 502: to a client that means that there is no EHLO.
  const usual = answer.action === 'reject' && answer.code === undefined ? unwelcome : {};
  return refusalOf('command.startTls', { ...usual, ...answer });
}

const unwelcome = { code: 554, enhanced: '5.7.1', text: 'Not welcome here' };

function certificateOf(socket: TLSSocket): PeerCertificate | undefined {
  const { subject, fingerprint256 } = socket.getPeerCertificate();
  if (typeof fingerprint256 !== 'string') return undefined;
  const fingerprint = fingerprint256.replaceAll(':', '').toLowerCase();
  return { subject: JSON.stringify(subject), fingerprint, trusted: socket.authorized };
}
