import { serve } from 'plugboard/serve';
import type { MailRequest, MailVerdict } from '../contract.ts';
import { verdictOf, type Finding } from './finding.ts';
import { textOfHtml } from '../message/html-text.ts';

/** A link, and the text a reader sees for it. */
interface Link {
  readonly url: URL;
  readonly shown: string;
}

const anchor =
  /<a\b[^>]{0,500}?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))[^>]{0,500}>([\s\S]{0,500}?)<\/a>/gi;
const bare = /\bhttps?:\/\/[^\s<>"']{1,2000}/gi;
const mostLinks = 20;

/** Looks where the links of a message lead. In a worker thread, a slow search does not hold up the host. */
await serve<MailRequest, MailVerdict>({
  name: 'links',
  version: '1.0.0',
  description: 'judges where the links of a message lead',
  execute: (request) => verdictOf(judge(linksOf(request))),
});

function linksOf({ html, text }: MailRequest): Link[] {
  const inHtml = Array.from(html.matchAll(anchor), ([, double, single, plain, shown = '']) =>
    linkTo(double ?? single ?? plain ?? '', textOfHtml(shown)),
  );
  const inText = Array.from(text.matchAll(bare), ([address]) => linkTo(address, ''));
  return [...inHtml, ...inText].filter((link) => link !== undefined);
}

function linkTo(address: string, shown: string): Link | undefined {
  const url = parseUrl(address.replaceAll('&amp;', '&'));
  return url !== undefined && /^https?:$/.test(url.protocol) ? { url, shown } : undefined;
}

function parseUrl(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined;
}

function judge(links: readonly Link[]): Finding[] {
  const findings = links.flatMap(judgeOne);
  if (links.length > mostLinks) findings.push([1, `${links.length} links`]);
  // The same link in the plain part and in the HTML part counts once.
  return [...new Map(findings.map((finding) => [finding[1], finding])).values()];
}

function judgeOne({ url, shown }: Link): Finding[] {
  const findings: Finding[] = [];
  const shownHost = parseUrl(shown)?.hostname ?? '';
  if (shownHost !== '' && shownHost !== url.hostname)
    findings.push([4, `shows ${shownHost}, leads to ${url.hostname}`]);
  if (/^[\d.]+$|^\[/.test(url.hostname)) findings.push([2, `a link to the bare address ${url.hostname}`]);
  if (url.username !== '') findings.push([2, 'a link with a user name in it']);
  if (/(^|\.)xn--/.test(url.hostname)) findings.push([1.5, `a lookalike name, ${url.hostname}`]);
  return findings;
}
