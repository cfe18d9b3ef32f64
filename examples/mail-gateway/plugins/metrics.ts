import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { definePlugin, type Plugin } from 'plugboard';
import { proceed, type EmailHooks, type MetricsRequest } from 'plugboard/email';
import { z } from 'zod';
import { read } from './settings.ts';

const settingsSchema = z.strictObject({
  /** Where `/metrics` is served. */
  port: z.int().min(0).max(65_535).default(9464),
  host: z.string().default('127.0.0.1'),
});

/** More kinds of samples than any sane set of labels makes; what is beyond is counted, not kept. */
const maxSamples = 2000;

/** Counts what a mail server tells of, and serves it as Prometheus text (version 0.0.4). */
export function mailMetrics(): Plugin<Partial<EmailHooks>> {
  const samples = new Map<string, number>();
  let server: Server | undefined;
  const add = (sample: string, value: number): void => {
    const kept = samples.has(sample) || samples.size < maxSamples ? sample : 'mail_metrics_dropped_total';
    samples.set(kept, (samples.get(kept) ?? 0) + (kept === sample ? value : 1));
  };
  const count = ({ event, labels, values }: MetricsRequest): void => {
    const labelled = { event, ...labels };
    add(`mail_events_total${labelText(labelled)}`, 1);
    for (const [name, value] of Object.entries(values))
      if (value >= 0) add(`mail_${nameOf(name)}_total${labelText(labelled)}`, value);
  };
  return definePlugin<EmailHooks>({
    name: 'mail-metrics',
    version: '1.0.0',
    async initialize({ config, log }) {
      const { port, host } = read(settingsSchema, config);
      server = createServer((_request, response) => {
        response.setHeader('content-type', 'text/plain; version=0.0.4');
        response.end([...samples].map(([sample, value]) => `${sample} ${value}\n`).join(''));
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
      'error.error'({ plugin = '', stage }) {
        add(`mail_plugin_failures_total${labelText({ plugin, stage })}`, 1);
        return proceed();
      },
    },
  });
}

/** `durationMs` as `duration_ms`. */
function nameOf(name: string): string {
  return name.replaceAll(/\W/g, '_').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${nameOf(name)}="${escaped(value)}"`);
  return `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
