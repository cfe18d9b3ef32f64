import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  definePlugin,
  PluginError,
  Simple,
  type Gate,
  type PluginManager,
  type SecurityReport,
} from 'plugboard';
import { inProcess, subprocess } from 'plugboard/transports';
import { prometheusExporter, type PrometheusExporter } from 'plugboard/observability';
import { managed } from '../support/managed.ts';
import { pidOf } from '../support/processes.ts';

/** A host in which something of everything has happened, whose metrics can be scraped. */
export interface BusyHost extends AsyncDisposable {
  readonly manager: PluginManager<number, number>;
  readonly exporter: PrometheusExporter;
  /** Where it is scraped: `127.0.0.1:9464`. */
  readonly target: string;
  /** Waits until it was scraped so many times more. */
  scraped(times: number): Promise<void>;
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** A gate that admits everything and has objected to something. */
const gate: Gate = {
  open: async () => {},
  check: async () => {},
  admit: async (_plugin, launch) => ({ launch, release() {} }),
  record() {},
  reload: async () => {},
  close: async () => {},
  report: (): SecurityReport => ({
    policy: 'strict',
    whitelistFile: undefined,
    entries: 1,
    alarm: undefined,
    statistics: {
      attempts: 5,
      authorized: 3,
      rejected: 2,
      violations: { hash_mismatch: 2, not_listed: 1 },
      reloads: 0,
      failedReloads: 0,
      lastAuthorizedAt: undefined,
      lastRejectedAt: undefined,
      lastReloadAt: undefined,
    },
    guarantees: [],
  }),
};

const moody = definePlugin<number, number>({
  name: 'moody',
  version: '1.2.3-rc.1+build.5',
  execute(n) {
    if (n % 3 === 0) throw new PluginError('THIRD', { message: 'no' });
    if (n % 5 === 0) throw new PluginError('BUSY', { message: 'later', retryable: true });
    return n;
  },
});

/** Calls that succeed, fail, are retried, limited and refused by an open breaker; restarts and drains. */
export async function busyHost(): Promise<BusyHost> {
  const exporter = prometheusExporter();
  const host = await managed<PluginManager<number, number>>(
    Simple<number, number>()
      .withSecurity(gate)
      .withMetricsExporter(exporter)
      .withPlugin('moody', inProcess(moody), {
        instances: 2,
        circuitBreaker: { failureThreshold: 1000 },
        retry: { maxRetries: 1, initialDelayMs: 1, budgetRatio: 10 },
      })
      .withPlugin('few', inProcess(moody), { rateLimit: { requestsPerSecond: 0.001, burstSize: 5 } })
      .withPlugin('child', subprocess(process.execPath, { args: ['test/manager/programs/echo.mjs'] }), {
        restart: { initialDelayMs: 1 },
      })
      .build(),
  );
  const { manager } = host;
  for (const plugin of ['moody', 'few', 'child'])
    for (let n = 1; n <= 40; n++) await manager.execute(plugin, n, { traceparent }).catch(() => {});
  const restarted = host.next('child', 'starting').then(() => host.next('child', 'ready'));
  process.kill(pidOf(manager.getPlugin('child')), 'SIGKILL');
  await restarted;
  await manager.replace('few', inProcess(moody));
  const server = await scrapeServer(exporter);
  return {
    manager,
    exporter,
    target: server.target,
    scraped: server.scraped,
    async [Symbol.asyncDispose]() {
      await server.close();
      await host[Symbol.asyncDispose]();
    },
  };
}

async function scrapeServer(exporter: PrometheusExporter): Promise<{
  target: string;
  scraped: (times: number) => Promise<void>;
  close: () => Promise<void>;
}> {
  const server = createServer((request, response) => {
    response.on('finish', () => server.emit('scraped'));
    exporter.handler(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async scraped(times) {
      for (let left = times; left > 0; left--) await once(server, 'scraped');
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
