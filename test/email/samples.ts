import type { RequestOf } from 'plugboard';
import {
  mailAddr,
  type EmailHooks,
  type MailSession,
  type MailTransaction,
  type MessageRef,
} from 'plugboard/email';

/** A request of a hook. */
export type EmailRequest<K extends keyof EmailHooks> = RequestOf<EmailHooks[K]>;

export const session: MailSession = {
  id: 's-1',
  remote: { ip: '192.0.2.7', port: 40_000, family: 4, ptr: 'client.example' },
  local: { ip: '2001:db8::1', port: 25, family: 6 },
  helo: 'client.example',
  tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', sni: 'mx.example' },
  auth: { user: 'ada', mechanism: 'PLAIN' },
  startedAtMs: 1_700_000_000_000,
};
const sender = mailAddr('ada@example.org', { SIZE: '1000', SMTPUTF8: true });
const recipient = mailAddr('bob@example.net');
const transaction: MailTransaction = { id: 't-1', sender };
export const message: MessageRef = { id: 'm-1', size: 1234, sha256: 'a'.repeat(64), file: '/spool/m-1' };
const headers = [
  ['Subject', 'Hello'],
  ['From', 'ada@example.org'],
] as const;
const route = { host: 'mx.example.net', port: 25, protocol: 'smtp' } as const;
const inTransaction = { session, transaction };
const inMessage = { ...inTransaction, message, headers };
const queued = { queueId: 'q-1', sender, sessionId: 's-1', transactionId: 't-1' };
const reply = { code: 450, enhanced: '4.2.1', text: '450 4.2.1 busy' };
const { tls } = session;

/** A request with every field for every hook. */
export const requests: { readonly [K in keyof EmailHooks]: EmailRequest<K> } = {
  'connection.connect': { session, activeFromIp: 1, activeTotal: 2 },
  'connection.disconnect': {
    session,
    reason: 'quit',
    durationMs: 5.5,
    bytesIn: 100,
    bytesOut: 200,
    messages: 1,
  },
  'command.helo': { session, hostname: 'client.example', isLiteral: false },
  'command.ehlo': {
    session,
    hostname: '[192.0.2.7]',
    isLiteral: true,
    extensions: ['PIPELINING', 'SIZE 100'],
  },
  'command.auth': { session, mechanism: 'PLAIN', username: 'ada', password: 'ümlaut', attempt: 1 },
  'command.startTls': {
    session,
    phase: 'after',
    sni: 'mx.example',
    protocol: 'TLSv1.3',
    cipher: 'X',
    peerCert: { subject: 'CN=client', fingerprint: 'b'.repeat(64), trusted: true },
  },
  'transaction.mailFrom': {
    session,
    transactionId: 't-1',
    sender,
    declaredSize: 1000,
    body: '8bitmime',
    smtpUtf8: true,
    requireTls: false,
    dsn: { ret: 'hdrs', envid: 'e-1' },
  },
  'transaction.rcptTo': {
    ...inTransaction,
    recipient,
    alsoTo: [mailAddr('eve@example.net')],
    index: 0,
    acceptedCount: 0,
    notify: ['success', 'failure'],
    orcpt: 'rfc822;bob@example.net',
  },
  'transaction.data': { ...inTransaction, recipients: [recipient], chunking: false },
  'transaction.reset': { ...inTransaction, reason: 'done' },
  'message.headers': { ...inTransaction, headers, headerBytes: 60 },
  'message.body': {
    ...inTransaction,
    part: {
      path: '1.2',
      contentType: 'text/plain',
      filename: 'a.txt',
      size: 3,
      content: message,
      replacement: { contentType: 'text/plain', text: 'gone' },
    },
    partIndex: 1,
  },
  'message.messageComplete': { ...inMessage, recipients: [recipient], lines: 12 },
  'queue.enqueue': {
    ...inTransaction,
    queueId: 'q-1',
    priority: 'normal',
    size: 1234,
    recipientCount: 1,
    route,
    holdUntilMs: 1_700_000_000_000,
  },
  'queue.dequeue': { ...queued, ageMs: 10, attempt: 1, route },
  'queue.queueRetry': { ...queued, attempt: 1, lastError: reply, nextDelayMs: 60_000, expiresAtMs: 1 },
  'delivery.preDelivery': {
    ...queued,
    recipient,
    domain: 'example.net',
    mx: [{ host: 'mx.example.net', priority: 10 }],
    message,
    headers,
    route,
    tls: 'required',
    bindAddress: '192.0.2.1',
  },
  'delivery.deliveryAttempt': {
    ...queued,
    recipient,
    attempt: 1,
    host: 'mx',
    ip: '192.0.2.9',
    port: 25,
    tls,
  },
  'delivery.deliverySuccess': { ...queued, recipient, host: 'mx', response: reply, durationMs: 8, tls },
  'delivery.deliveryFailure': {
    ...queued,
    recipient,
    attempt: 2,
    error: { ...reply, permanent: false },
    retryDelayMs: 1000,
    bounceNow: false,
    suppressDsn: true,
  },
  'security.rateLimitCheck': { session, scope: 'volume', key: '192.0.2.7', cost: 5000 },
  'security.greylistCheck': { session, sender, recipient, clientKey: '192.0.2.0/24' },
  'security.reputationCheck': { session, subject: 'helo', domain: 'client.example' },
  'content.antivirusScan': { ...inMessage, maxBytes: 1_000_000 },
  'content.antispamScan': inMessage,
  'content.contentFilter': { ...inMessage, policy: 'inbound' },
  'authn.spfCheck': { ...inTransaction, identity: 'mailfrom', sender, helo: 'client.example', ip: '::1' },
  'authn.dkimVerify': { ...inTransaction, message, minBits: 1024 },
  'authn.arcVerify': { ...inTransaction, message, minBits: 1024 },
  'authn.dmarcCheck': {
    ...inTransaction,
    fromDomain: 'example.org',
    spf: { result: 'pass', domain: 'example.org', comment: 'fine' },
    dkim: {
      signatures: [
        {
          result: 'pass',
          domain: 'example.org',
          selector: 's',
          identity: '@example.org',
          algorithm: 'rsa-sha256',
          comment: 'fine',
        },
      ],
    },
    arc: { result: 'none', instances: 0, sealers: [], comment: 'no chain' },
  },
  'metrics.metricsCollect': { event: 'message.accepted', labels: { listener: 'mx' }, values: { bytes: 5 } },
  'error.error': {
    sessionId: 's-1',
    error: { name: 'Error', message: 'no', code: 'PLUGIN_1203' },
    plugin: 'clamav',
    failedHook: 'content.antivirusScan',
    stage: 'queue',
  },
  'error.recovery': { kind: 'timeout', plugin: 'clamav', stage: 'content.antivirusScan', restarts: 1 },
};
