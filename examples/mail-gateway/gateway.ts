import dns from 'node:dns/promises';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromLevel, systemClock, type Clock, type Logger, type PluginManager } from 'plugboard';
import type { EmailHooks } from 'plugboard/email';
import { routeFor, type GatewayConfig, type GatewayFile } from './config.ts';
import { deliver } from './delivery/deliver.ts';
import type { Resolver } from './delivery/targets.ts';
import type { DeliveryTools } from './delivery/tools.ts';
import { Worker } from './delivery/worker.ts';
import { tellingOfFailures } from './hooks.ts';
import { lockFolder } from './lock.ts';
import { MailPlugins } from './mail-plugins.ts';
import { OpenMessages } from './open-messages.ts';
import { ownDomains } from './own-domains.ts';
import type { OwnPlugin } from './own-plugin.ts';
import { Queue } from './queue/queue.ts';
import { RecordKeeper } from './records.ts';
import { Sessions, type Front } from './smtp/front.ts';
import { startSmtp } from './smtp/server.ts';

export interface GatewayOptions {
  readonly file: GatewayFile;
  readonly log: Logger;
  /** Besides those of the file. */
  readonly plugins?: readonly OwnPlugin[];
  /** Default: the computer's. */
  readonly clock?: Clock;
  /** Default: the computer's DNS. */
  readonly resolver?: Resolver;
}

/** A running mail gateway. */
export interface Gateway extends AsyncDisposable {
  readonly port: number;
  readonly queue: Queue;
  /** How many clients are connected. */
  readonly sessions: number;
  readonly manager: PluginManager<EmailHooks>;
  /**
   * Takes up another file: its plugins, and what can be changed while it runs.
   * @throws {Error} if something is wrong with it; then everything stays as it is.
   */
  reload(file: GatewayFile): Promise<void>;
  /** Takes no new mail, ends sessions and deliveries in progress, stops the plugins. What is queued stays. */
  close(): Promise<void>;
}

/** What is to be done at the end, the last one first. */
type Ends = (() => void | Promise<void>)[];

/**
 * Starts plugins, queue, delivery, and last the door.
 * @throws {Error} why one of them does not start; nothing is left running then.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const ends: Ends = [];
  const close = async (): Promise<void> => {
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
  };
  try {
    return Object.assign(await start(options, ends), { close, [Symbol.asyncDispose]: close });
  } catch (error) {
    await close();
    throw error;
  }
}

type Started = Omit<Gateway, 'close' | typeof Symbol.asyncDispose>;

async function start(options: GatewayOptions, ends: Ends): Promise<Started> {
  const { file, log, clock = systemClock } = options;
  let config = file.gateway;
  ends.push(await openFolder(config.folder));
  const messages = new OpenMessages();
  const inCode = [ownDomains(() => config), ...(options.plugins ?? [])] as const;
  const plugins = await MailPlugins.start({ config: file.plugins, inCode, messages, clock, log });
  ends.push(() => plugins.close());
  const own = fromLevel(log, () => plugins.logLevel);
  const front = await openFront(plugins, messages, () => config, clock, own);
  ends.push(() => front.queue.close());
  const tools = deliveryTools(front, options.resolver ?? dns, () => config);
  const { concurrency } = config.queue;
  const worker = new Worker({ ...tools, concurrency, deliver: (lease) => deliver(tools, lease) });
  const closeMs = config.closeSeconds * 1000;
  ends.push(() => atMost(closeMs, worker.stop(), clock));
  const smtp = await startSmtp(front, { ...config.listen, tls: await readTls(config), closeMs });
  ends.push(() => smtp.close());
  worker.start();
  return {
    port: smtp.port,
    queue: front.queue,
    manager: plugins.manager,
    get sessions() {
      return front.sessions.total;
    },
    async reload(next) {
      await plugins.reload(next.plugins);
      config = next.gateway;
      smtp.configure();
    },
  };
}

/** Two gateways on one folder would send everything twice. */
async function openFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return lockFolder(folder);
}

/** Another server that does not answer shall not keep this one from ending; what it has not confirmed is sent again. */
function atMost(limitMs: number, work: Promise<void>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.startTimer(limitMs, resolve);
    void work.finally(() => {
      timer.cancel();
      resolve();
    });
  });
}

async function openFront(
  plugins: MailPlugins,
  messages: OpenMessages,
  config: () => GatewayConfig,
  clock: Clock,
  log: Logger,
): Promise<Front> {
  const { folder, hostname, queue } = config();
  return {
    runIn: tellingOfFailures((hook, request, more) => plugins.manager.run(hook, request, more)),
    isAnswered: (hook) => plugins.isAnswered(hook),
    records: await RecordKeeper.open(folder, clock),
    queue: await Queue.open({ folder: join(folder, 'queue'), clock, log, maxMails: queue.maxMails }),
    messages,
    clock,
    log,
    hostname,
    settings: () => ({ ...config(), retentionMs: config().queue.retentionHours * 3_600_000 }),
    sessions: new Sessions(),
  };
}

function deliveryTools(front: Front, resolver: Resolver, config: () => GatewayConfig): DeliveryTools {
  const { runIn, queue, messages, clock, log, hostname } = front;
  return {
    queue,
    run: runIn(),
    messages,
    clock,
    log,
    resolver,
    chance: Math.random,
    hostname,
    mxPort: config().mxPort,
    retry: () => {
      const { firstRetrySeconds, maxRetrySeconds, retryFactor: factor, retryJitter: jitter } = config().queue;
      return { firstMs: firstRetrySeconds * 1000, maxMs: maxRetrySeconds * 1000, factor, jitter };
    },
    routeTo: (domain) => routeFor(config(), domain),
  };
}

async function readTls({ tls }: GatewayConfig): Promise<{ key: string; cert: string } | undefined> {
  if (tls === undefined) return undefined;
  return { key: await readFile(tls.keyFile, 'utf8'), cert: await readFile(tls.certFile, 'utf8') };
}
