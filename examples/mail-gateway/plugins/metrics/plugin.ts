import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { definePlugin, factsOf, type Plugin } from 'plugboard';
import { proceed, type EmailHooks, type MetricsRequest } from 'plugboard/email';
import { z } from 'zod';
import { read } from '../settings.ts';
import { Samples } from './samples.ts';
import { SpamCounts } from './spam-counts.ts';

const settingsSchema = z.strictObject({
  /** Where `/metrics` is served. */
  port: z.int().min(0).max(65_535).default(9464),
  host: z.string().default('127.0.0.1'),
});

/** Counts what a mail server tells of, and serves it as Prometheus text. */
export function mailMetrics(): Plugin<Partial<EmailHooks>> {
  const samples = new Samples();
  const spam = new SpamCounts(samples);
  let server: Server | undefined;
  const count = ({ event, labels, values }: MetricsRequest): void => {
    const labelled = { event, ...labels };
    samples.add('events_total', labelled);
    for (const [name, value] of Object.entries(values))
      if (value >= 0) samples.add(`${name}_total`, labelled, value);
  };
  return definePlugin<EmailHooks>({
    name: 'mail-metrics',
    version: '1.0.0',
    async initialize({ config, log }) {
      const { port, host } = read(settingsSchema, config);
      server = createServer((_request, response) => {
        response.setHeader('content-type', 'text/plain; version=0.0.4');
        response.end(samples.text);
      }).listen(port, host);
      await once(server, 'listening');
      const address = server.address();
      if (typeof address === 'object') log.info(`metrics at http://${host}:${address?.port}/metrics`);
    },
    close: () => void server?.close().closeAllConnections(),
    hooks: {
      'metrics.metricsCollect'(request) {
        count(request);
        return proceed();
      },
      'transaction.reset'(_request, context) {
        const found = factsOf<EmailHooks>(context)['content.antispamScan'];
        // Where no filter has answered, there is no list of what it met.
        if (found?.symbols !== undefined) spam.count(found);
        return proceed();
      },
      'error.error'({ plugin = '', stage }) {
        samples.add('plugin_failures_total', { plugin, stage });
        return proceed();
      },
    },
  });
}
