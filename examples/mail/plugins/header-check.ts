import { definePlugin } from 'plugboard';
import type { MailRequest, MailVerdict } from '../contract.ts';
import { verdictOf, type Finding } from './finding.ts';
import { headersNamed, headerValue, type Header } from '../message/headers.ts';

const mostRecipients = 100;

/** Looks at the form of a message. Cheap, and ours, so it runs in the host's own process. */
export const headerCheck = definePlugin<MailRequest, MailVerdict>({
  name: 'header-check',
  version: '1.0.0',
  description: 'judges the header fields and the form of a message',
  execute: (request) =>
    verdictOf([
      ...missing(request.headers),
      ...people(request.headers),
      ...subject(request),
      ...form(request),
    ]),
});

function* missing(headers: readonly Header[]): Generator<Finding> {
  const date = headerValue(headers, 'date');
  if (headerValue(headers, 'from') === '') yield [3, 'no From'];
  if (date === '') yield [1, 'no Date'];
  else if (Number.isNaN(Date.parse(date))) yield [1, 'a Date that is none'];
  if (headerValue(headers, 'message-id') === '') yield [1, 'no Message-ID'];
}

function* people(headers: readonly Header[]): Generator<Finding> {
  const from = domainOf(headerValue(headers, 'from'));
  const replyTo = domainOf(headerValue(headers, 'reply-to'));
  if (replyTo !== '' && replyTo !== from) yield [3, `from ${from}, but answers go to ${replyTo}`];
  const recipients =
    [...headersNamed(headers, 'to'), ...headersNamed(headers, 'cc')].join().split('@').length - 1;
  if (recipients > mostRecipients) yield [1, `${recipients} recipients`];
  if (recipients === 0) yield [1, 'addressed to nobody'];
}

function* subject({ headers, subject: text }: MailRequest): Generator<Finding> {
  if (headersNamed(headers, 'subject').length > 1) yield [1, 'two subjects'];
  if (text.length > 10 && text === text.toUpperCase() && text !== text.toLowerCase())
    yield [2, 'a subject in capitals'];
  if (/!{2,}/.test(text)) yield [1, 'a shouting subject'];
}

function* form({ headers, defects }: MailRequest): Generator<Finding> {
  if (headers.some((header) => header.value.includes('\0'))) yield [5, 'a NUL byte in the header'];
  for (const defect of defects.slice(0, 5)) yield [0.5, defect];
}

function domainOf(address: string): string {
  return /@([\w.-]+)/.exec(address)?.[1]?.toLowerCase() ?? '';
}
