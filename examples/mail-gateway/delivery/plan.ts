import { mailAddr, type HeaderOp, type Route as HookRoute, type TlsPolicy as HookTls } from 'plugboard/email';
import { headersOf, type HeaderBlock } from '../message/header-block.ts';
import type { Lease } from '../queue/lease.ts';
import type { Addressee, Parcel, Undelivered, Way } from './parcel.ts';
import { replyOfAnswer } from './reply.ts';
import type { Route, TlsPolicy } from './route.ts';
import { mailHosts, type MailHosts } from './targets.ts';
import { queueContext, type DeliveryTools } from './tools.ts';

/** A mail whose turn has come. */
export interface Job {
  readonly lease: Lease;
  readonly header: HeaderBlock;
  /** What `queue.dequeue` or the one who queued it wants. */
  readonly route: HookRoute | undefined;
}

/** Where one recipient's mail goes, or why it does not. */
export async function plan(tools: DeliveryTools, job: Job, to: Addressee): Promise<Parcel | Undelivered> {
  const recipient = mailAddr(to.recipient.address);
  const route = job.route === undefined ? tools.routeTo(recipient.domain) : routeOf(job.route);
  const found =
    route.by === 'mx' ? await mailHosts(tools.resolver, recipient.domain, tools.chance) : undefined;
  const { answer, request, modifications } = await tools.run('delivery.preDelivery', {
    ...queueContext(job.lease),
    recipient,
    domain: recipient.domain,
    mx:
      found?.found === true
        ? found.hosts.map(({ exchange, priority }) => ({ host: exchange, priority }))
        : [],
    message: { id: job.lease.envelope.queueId, size: job.lease.envelope.sizeBytes, file: job.lease.file },
    headers: headersOf(job.header),
    ...(job.lease.envelope.requireTls === true && { tls: 'required' }),
  });
  if (answer.action === 'reject') return { is: 'refused', index: to.index, reply: replyOfAnswer(answer) };
  if (answer.action === 'defer') return { is: 'held', index: to.index, delayMs: answer.retryAfterMs };
  const way = wayOf(request.route === undefined ? route : routeOf(request.route), found, tools, request);
  if ('code' in way) return { is: 'refused', index: to.index, reply: way };
  const headers = modifications.flatMap((said): readonly HeaderOp[] =>
    said.action === 'modify' ? (said.headers ?? []) : [],
  );
  return { way, headers, to: [to] };
}

function routeOf({ host, port, protocol }: HookRoute): Route {
  return { by: protocol, host, port, tls: 'try' };
}

function wayOf(
  route: Route,
  found: MailHosts | undefined,
  tools: DeliveryTools,
  wanted: { readonly tls?: HookTls | undefined; readonly bindAddress?: string | undefined },
): Way | Extract<MailHosts, { found: false }>['reply'] {
  if (route.by === 'maildir') return route;
  const bind = wanted.bindAddress;
  if (route.by === 'mx') {
    if (found?.found !== true) return found?.reply ?? { code: 451, enhanced: '4.4.3', text: 'no route' };
    const hosts = found.hosts.map(({ exchange }) => exchange);
    return { by: 'smtp', hosts, port: tools.mxPort, tls: tlsOf(wanted.tls, 'try'), bind };
  }
  const { by, host, port, login } = route;
  return { by, hosts: [host], port, tls: tlsOf(wanted.tls, route.tls), bind, ...(login && { login }) };
}

function tlsOf(wanted: HookTls | undefined, usual: TlsPolicy): TlsPolicy {
  if (wanted === undefined || usual === 'now') return usual;
  return wanted === 'opportunistic' ? 'try' : wanted;
}
