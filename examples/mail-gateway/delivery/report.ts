import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { changedHeader, readHeaderBlock } from '../message/header-block.ts';
import type { Envelope } from '../queue/envelope.ts';
import type { RecipientState } from '../queue/recipient-state.ts';

/** A recipient that a report is about. */
export interface Reported {
  readonly index: number;
  readonly state: Extract<RecipientState, { told: boolean }>;
}

export interface ReportOptions {
  /** The mail that it is about, and where its message lies. */
  readonly cause: Envelope;
  readonly file: string;
  readonly about: readonly Reported[];
  /** The report's own id in the queue. */
  readonly queueId: string;
  /** This host's name. */
  readonly host: string;
  readonly now: Date;
}

/** A whole message is given back up to this size; of a larger one its header, as RFC 3464 §2 allows. */
const maxReturnedBytes = 1_000_000;

/** A delivery status notification (RFC 3464) for the sender of a mail. */
export async function makeReport(options: ReportOptions): Promise<Readable> {
  const { cause, about, queueId, host, now } = options;
  const boundary = `report-${queueId}`;
  const failed = about.some(({ state }) => state.is === 'failed');
  const head = [
    `From: Mail Delivery System <postmaster@${host}>`,
    `To: <${ascii(cause.sender)}>`,
    `Subject: ${failed ? 'Your mail could not be delivered' : 'Your mail was delivered'}`,
    `Date: ${mailDate(now)}`,
    `Message-ID: <${queueId}@${host}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    '',
    `This is the mail system at ${host}. About your mail of ${mailDate(new Date(cause.receivedAt))}:`,
    '',
    ...about.map((one) => sentence(one, cause)),
    '',
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    '',
    ...statusOfMessage(options),
    ...about.flatMap((one) => ['', ...statusOfRecipient(one, cause, now)]),
    '',
    `--${boundary}`,
  ];
  return Readable.from(parts(head, options, boundary), { objectMode: false });
}

async function* parts(
  head: string[],
  { cause, file }: ReportOptions,
  boundary: string,
): AsyncGenerator<Buffer> {
  const isWhole = cause.dsn?.ret === 'FULL' && cause.sizeBytes <= maxReturnedBytes;
  const type = isWhole ? 'message/rfc822' : 'text/rfc822-headers';
  yield Buffer.from([...head, `Content-Type: ${type}`, '', ''].join('\r\n'));
  if (isWhole) for await (const chunk of createReadStream(file)) yield chunk as Buffer;
  else yield changedHeader(await readHeaderBlock(file), []);
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

function sentence({ index, state }: Reported, cause: Envelope): string {
  const address = ascii(cause.recipients[index]?.address ?? '');
  const { code, enhanced, text } = state.reply;
  const word = state.is === 'failed' ? 'was not delivered to' : 'was delivered to';
  return `It ${word} <${address}>: ${code} ${enhanced} ${ascii(text)}`;
}

function statusOfMessage({ cause, host }: ReportOptions): string[] {
  return [
    `Reporting-MTA: dns; ${host}`,
    ...(cause.dsn?.envid === undefined ? [] : [`Original-Envelope-Id: ${ascii(cause.dsn.envid)}`]),
    `Arrival-Date: ${mailDate(new Date(cause.receivedAt))}`,
  ];
}

function statusOfRecipient({ index, state }: Reported, cause: Envelope, now: Date): string[] {
  const recipient = cause.recipients[index];
  const { code, enhanced, text } = state.reply;
  return [
    ...(recipient?.orcpt === undefined ? [] : [`Original-Recipient: ${ascii(recipient.orcpt)}`]),
    `Final-Recipient: rfc822; ${ascii(recipient?.address ?? '')}`,
    `Action: ${actionOf(state)}`,
    `Status: ${enhanced}`,
    ...(state.host === undefined ? [] : [`Remote-MTA: dns; ${ascii(state.host)}`]),
    `Diagnostic-Code: smtp; ${code} ${enhanced} ${ascii(text)}`,
    `Last-Attempt-Date: ${mailDate(now)}`,
  ];
}

/** `relayed`: the next host has it, and did not promise to tell. */
function actionOf(state: Reported['state']): string {
  if (state.is === 'failed') return 'failed';
  return state.final ? 'delivered' : 'relayed';
}

function ascii(text: string): string {
  return text.replace(/[^ -~]+/g, '?');
}

/** A date as RFC 5322 §3.3 has it. */
export function mailDate(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}
