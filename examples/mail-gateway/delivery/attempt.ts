import type { NodemailerError } from 'nodemailer';
import { mailAddr } from 'plugboard/email';
import { quietly } from '../hooks.ts';
import { changedMessage } from '../message/header-block.ts';
import type { Reply } from '../queue/journal-entry.ts';
import { storeInMaildir } from './maildir.ts';
import type { Addressee, Parcel, Undelivered, Way } from './parcel.ts';
import type { Job } from './plan.ts';
import { isPermanent, ownReply, replyOfError } from './reply.ts';
import { SmtpClient, type TlsFacts } from './smtp-client.ts';
import { addressesOf, type Target } from './targets.ts';
import { countDelivery, queueContext, type DeliveryTools } from './tools.ts';

/** So many addresses are tried in one attempt; a domain that names hundreds shall not hold a worker for hours. */
const maxTargets = 6;

/** Delivers a parcel, writes down at once who has it, and says who has it not. */
export async function attempt(tools: DeliveryTools, job: Job, parcel: Parcel): Promise<Undelivered[]> {
  const start = tools.clock.now();
  const written: Promise<void>[] = [];
  const onDelivered = (indexes: number[], host: string, reply: Reply, tls?: TlsFacts): void => {
    const final = parcel.way.by !== 'smtp';
    written.push(job.lease.record({ state: 'delivered', recipients: indexes, host, reply, final }));
    for (const _ of indexes) countDelivery(tools, 'delivery.succeeded', reply);
    tellSuccess(tools, job, { host, reply, tls, durationMs: tools.clock.now() - start, indexes });
  };
  const { way } = parcel;
  const undelivered =
    way.by === 'maildir'
      ? await store(tools, job, { ...parcel, way }, onDelivered)
      : await overSmtp(tools, job, { ...parcel, way }, onDelivered);
  await Promise.all(written);
  return undelivered;
}

type OnDelivered = (indexes: number[], host: string, reply: Reply, tls?: TlsFacts) => void;
type Through<By> = Parcel & { readonly way: Extract<Way, { by: By }> };

async function store(
  tools: DeliveryTools,
  job: Job,
  parcel: Through<'maildir'>,
  onDelivered: OnDelivered,
): Promise<Undelivered[]> {
  const { ready, held } = await asked(tools, job, parcel.to, { host: tools.hostname, port: 0 });
  const refused: Undelivered[] = [];
  for (const { index, recipient } of ready) {
    const message = changedMessage(job.lease.file, job.header, parcel.headers);
    const name = `${job.lease.envelope.queueId}.${index}`;
    try {
      await storeInMaildir(parcel.way.folder, recipient.address, name, message);
      onDelivered([index], tools.hostname, ownReply(250, '2.0.0', 'stored'));
    } catch (error) {
      refused.push({
        is: 'refused',
        index,
        reply: ownReply(451, '4.3.0', `cannot be stored: ${String(error)}`),
      });
    }
  }
  return [...held, ...refused];
}

async function overSmtp(
  tools: DeliveryTools,
  job: Job,
  parcel: Through<'smtp' | 'lmtp'>,
  onDelivered: OnDelivered,
): Promise<Undelivered[]> {
  const held: Undelivered[] = [];
  let left = parcel.to;
  let reply: Reply = ownReply(550, '5.1.2', `${parcel.way.hosts.join(', ')} has no address`);
  let host: string | undefined;
  for (const target of await targetsOf(tools, parcel.way)) {
    if ('reply' in target) {
      reply = target.reply;
      continue;
    }
    host = target.host;
    const said = await asked(tools, job, left, { ...target, port: parcel.way.port });
    held.push(...said.held);
    left = said.ready;
    if (left.length === 0) return held;
    const client = await open(tools, parcel.way, target);
    if (!('code' in client)) {
      return [...held, ...(await ship(client, job, { ...parcel, to: left }, target.host, onDelivered))];
    }
    reply = client;
  }
  const place = host === undefined ? {} : { host };
  return [...held, ...left.map(({ index }): Undelivered => ({ is: 'refused', index, reply, ...place }))];
}

type Unreachable = { readonly reply: Reply };

async function targetsOf(
  tools: DeliveryTools,
  way: Through<'smtp' | 'lmtp'>['way'],
): Promise<(Target | Unreachable)[]> {
  const targets: (Target | Unreachable)[] = [];
  for (const host of way.hosts) {
    try {
      targets.push(...(await addressesOf(tools.resolver, host)));
    } catch (error) {
      targets.push({ reply: ownReply(451, '4.4.3', String(error)) });
    }
    if (targets.length >= maxTargets) break;
  }
  return targets.slice(0, maxTargets);
}

/** A session, or why there is none. A host that turns everybody away for good says nothing about this mail. */
async function open(
  tools: DeliveryTools,
  way: Through<'smtp' | 'lmtp'>['way'],
  target: Target,
): Promise<SmtpClient | Reply> {
  const { by, port, tls, login, bind } = way;
  try {
    return await SmtpClient.open({ by, port, tls, login, bind, target, name: tools.hostname });
  } catch (error) {
    const reply = replyOfError(error as NodemailerError);
    return isPermanent(reply)
      ? ownReply(451, '4.4.0', `${target.host} says ${reply.code} ${reply.text}`)
      : reply;
  }
}

async function ship(
  client: SmtpClient,
  job: Job,
  parcel: Through<'smtp' | 'lmtp'>,
  host: string,
  onDelivered: OnDelivered,
): Promise<Undelivered[]> {
  const { envelope, file } = job.lease;
  const refused = await client.send({
    sender: envelope.sender,
    recipients: parcel.to,
    dsn: envelope.dsn,
    sizeBytes: envelope.sizeBytes,
    requireTls: envelope.requireTls ?? false,
    message: () => changedMessage(file, job.header, parcel.headers),
    onDelivered: (indexes, reply, tls) => onDelivered(indexes, host, reply, tls),
  });
  client.quit();
  return refused.map(({ index, reply }) => ({ is: 'refused', index, reply, host }));
}

/** Asks plugins for each recipient whether this host may be tried now. */
async function asked(
  { run }: DeliveryTools,
  { lease }: Job,
  to: readonly Addressee[],
  place: { readonly host: string; readonly ip?: string; readonly port: number },
): Promise<{ readonly ready: readonly Addressee[]; readonly held: readonly Undelivered[] }> {
  const ready: Addressee[] = [];
  const held: Undelivered[] = [];
  for (const one of to) {
    const { answer } = await run('delivery.deliveryAttempt', {
      ...queueContext(lease),
      recipient: mailAddr(one.recipient.address),
      attempt: lease.attemptsOf(one.index) + 1,
      ...place,
    });
    if (answer.action === 'defer') held.push({ is: 'held', index: one.index, delayMs: answer.retryAfterMs });
    else ready.push(one);
  }
  return { ready, held };
}

interface Success {
  readonly indexes: readonly number[];
  readonly host: string;
  readonly reply: Reply;
  readonly tls: TlsFacts | undefined;
  readonly durationMs: number;
}

function tellSuccess({ run }: DeliveryTools, { lease }: Job, success: Success): void {
  const { indexes, host, reply, tls, durationMs } = success;
  for (const index of indexes) {
    const recipient = mailAddr(lease.envelope.recipients[index]?.address ?? '');
    const told = {
      ...queueContext(lease),
      recipient,
      host,
      response: reply,
      durationMs,
      ...(tls && { tls }),
    };
    quietly(() => run('delivery.deliverySuccess', told));
  }
}
