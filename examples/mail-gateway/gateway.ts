import dns from 'node:dns/promises';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Production, systemClock, type Clock, type Logger, type PluginManager } from 'plugboard';
import { emailHooks, messageServices, type EmailHooks } from 'plugboard/email';
import { routeFor, type GatewayConfig, type GatewayFile } from './config.ts';
import { deliver } from './delivery/deliver.ts';
import type { Resolver } from './delivery/targets.ts';
import type { DeliveryTools } from './delivery/tools.ts';
import { Worker } from './delivery/worker.ts';
import { tellingOfFailures, tellOfRecoveries } from './hooks.ts';
import { OpenMessages } from './open-messages.ts';
import type { OwnPlugin } from './own-plugin.ts';
import { ownDomains } from './own-domains.ts';
import { Queue } from './queue/queue.ts';
import { RecordKeeper } from './records.ts';
import { Sessions, type Front } from './smtp/front.ts';
import { exchangeShipped, shippedIn } from './shipped-plugins.ts';
import { startSmtp } from './smtp/server.ts';

export interface GatewayOptions {
  readonly file: GatewayFile;
  readonly log: Logger;
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

/** Starts plugins, queue, delivery, and last the door. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  let { gateway } = options.file;
  const { clock = systemClock, log } = options;
  const hasFile = options.file.plugins !== undefined;
  let shipped = await shippedIn(options.file.plugins);
  const messages = new OpenMessages();
  const own = ownDomains(() => gateway);
  const manager = await startPlugins(options, clock, own, shipped, messages);
  const folder = join(gateway.folder, 'queue');
  const records = await openRecords(gateway.folder, clock);
  const queue = await Queue.open({ folder, clock, log, maxMails: gateway.queue.maxMails });
  const runIn = tellingOfFailures((hook, request, more) => manager.run(hook, request, more));
  const undo = tellOfRecoveries(manager);
  const front: Front = {
    runIn,
    isAnswered: (hook) =>
      manager.listPlugins().some(({ hooks, state }) => state.status !== 'ready' || hooks.includes(hook)),
    queue,
    records,
    messages,
    clock,
    log,
    hostname: gateway.hostname,
    settings: () => ({ ...gateway, retentionMs: gateway.queue.retentionHours * 3_600_000 }),
    sessions: new Sessions(),
  };
  const tools = deliveryTools(front, options, () => gateway);
  const worker = new Worker({
    queue,
    clock,
    log,
    concurrency: gateway.queue.concurrency,
    deliver: (lease) => deliver(tools, lease),
  });
  const smtp = await startSmtp(front, {
    ...gateway.listen,
    tls: await readTls(gateway),
    closeMs: gateway.closeSeconds * 1000,
  });
  worker.start();
  const close = async (): Promise<void> => {
    await smtp.close();
    await worker.stop();
    queue.close();
    undo();
    await manager.shutdown();
  };
  return {
    port: smtp.port,
    queue,
    get sessions() {
      return front.sessions.total;
    },
    manager,
    close,
    async reload(file) {
      const next = await shippedIn(file.plugins);
      const exchange = await exchangeShipped(manager, shipped, next);
      try {
        if (hasFile || file.plugins !== undefined)
          await manager.reloadConfig(file.plugins ?? { plugins: [] });
      } catch (error) {
        await exchange.drop();
        throw error;
      }
      await exchange.keep();
      shipped = next;
      ({ gateway } = file);
    },
    [Symbol.asyncDispose]: close,
  };
}

async function startPlugins(
  { file, log, plugins = [] }: GatewayOptions,
  clock: Clock,
  own: OwnPlugin,
  shipped: readonly OwnPlugin[],
  messages: OpenMessages,
): Promise<PluginManager<EmailHooks>> {
  let builder = Production(emailHooks)
    .withLogger(log)
    .withClock(clock)
    .withMetrics()
    .withServices(messageServices((id) => messages.fileOf(id)))
    .withPlugin(own.name, own.source, own.settings);
  for (const { name, source, settings } of [...shipped, ...plugins]) {
    builder = builder.withPlugin(name, source, settings);
  }
  const configured = file.plugins === undefined ? builder : builder.withConfig(file.plugins);
  return (await configured.build()).dynamic();
}

async function openRecords(folder: string, clock: Clock): Promise<RecordKeeper> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return RecordKeeper.open(folder, clock);
}

function deliveryTools(
  { runIn, queue, messages, clock, log, hostname }: Front,
  { resolver = dns }: GatewayOptions,
  config: () => GatewayConfig,
): DeliveryTools {
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
