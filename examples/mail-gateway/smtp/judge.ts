import type { HookFailure } from 'plugboard';
import { headerChanges, type Header, type HeaderOp } from 'plugboard/email';
import { headersOf } from '../message/header-block.ts';
import type { Case, Changes } from './case.ts';
import { fateOf, type Fate } from './fate.ts';
import { judgeParts } from './judge-parts.ts';
import { judgeOrigin } from './judge-origin.ts';
import { limited, payer } from './limits.ts';

/** Asks about a message in the order of the documents; the first that decides ends it. */
export async function judge(about: Case): Promise<Fate | Changes> {
  const changes: Changes = { headers: [], parts: [] };
  const { front, session, received } = about;
  const tooMuch = await limited(front, session, 'volume', payer(session), received.sizeBytes);
  if (tooMuch !== undefined) return { is: 'refused', refusal: tooMuch };
  const headers = await judgeHeaders(about, changes);
  if ('is' in headers) return headers;
  return (
    (await judgeParts(about, changes)) ??
    (await judgeOrigin(about)) ??
    (await judgeContent(about, changes, headers)) ??
    changes
  );
}

async function judgeHeaders(about: Case, changes: Changes): Promise<Fate | readonly Header[]> {
  const { front, session, context, header } = about;
  const verdict = await front.runIn(session.id)(
    'message.headers',
    { ...context, headers: headersOf(header), headerBytes: header.bytes },
    session.running,
  );
  changes.headers.push(...headerChanges(verdict));
  return fateOf('message.headers', verdict) ?? verdict.request.headers;
}

async function judgeContent(
  { front, session, transaction, context, message, received }: Case,
  changes: Changes,
  headers: readonly Header[],
): Promise<Fate | undefined> {
  const run = front.runIn(session.id);
  const { maxMessageBytes: maxBytes, policy } = front.settings();
  const asked = { ...context, message, headers };
  const virus = await run('content.antivirusScan', { ...asked, maxBytes }, session.running);
  const infected = fateOf('content.antivirusScan', virus);
  if (infected !== undefined) return infected;
  changes.headers.push(...scansThatFailed(virus));
  const spam = await run('content.antispamScan', asked, session.running);
  changes.headers.push(...headerChanges(spam), ...scansThatFailed(spam));
  const unwanted = fateOf('content.antispamScan', spam);
  if (unwanted !== undefined) return unwanted;
  const filter = await run('content.contentFilter', { ...asked, policy }, session.running);
  changes.headers.push(...headerChanges(filter));
  const forbidden = fateOf('content.contentFilter', filter);
  if (forbidden !== undefined) return forbidden;
  const recipients = transaction.recipients.map(({ address }) => address);
  const last = await run(
    'message.messageComplete',
    { ...asked, headers: filter.request.headers, recipients, lines: received.lines },
    session.running,
  );
  changes.headers.push(...headerChanges(last));
  return fateOf('message.messageComplete', last);
}

/** What goes on without a scan says so: whoever reads it, or sorts it, can tell. */
function scansThatFailed({ failures }: { readonly failures: readonly HookFailure[] }): readonly HeaderOp[] {
  return failures.map(({ plugin }) => ({ op: 'add', name: 'X-Scan-Failed', value: plugin }));
}
