import { inspect } from 'node:util';

import { checkObject } from '../../src/core/check-given.ts';
import { PluginError } from '../../src/core/errors.ts';
import type { MetricsExporter, MetricsSource } from '../../src/core/metrics-exporter.ts';
import { printable } from '../../src/core/printable.ts';
import { registerFamilies, type ClientRegistry } from './client-registry.ts';
import { scrapeHandler, type RequestHandler } from './handler.ts';
import { serveMetrics, type MetricsServer } from './server.ts';

/** How metrics are named and where they can be read. */
export interface PrometheusOptions {
  /** Stands before every name: `myapp` gives `myapp_plugin_requests_total`. Default none. */
  readonly namespace?: string;
  /** Stands between the namespace and the name. Default none. */
  readonly subsystem?: string;
  /**
   * Serves `/metrics` on this port; 0 lets the system pick one. Default: no server of its own, for a host that mounts
   * `handler` or has a registry.
   */
  readonly port?: number;
  /** The address to listen on. Default `127.0.0.1`: what a host counts is not for strangers. */
  readonly host?: string;
}

/** Metrics for Prometheus: text 0.0.4, or OpenMetrics 1.0 with exemplars for a reader that asks for it. */
export interface PrometheusExporter extends MetricsExporter {
  /** The port of its own server, once it is registered. */
  readonly port: number | undefined;
  /** Answers GET and HEAD; for `node:http`, Express and whatever else hands on node's requests. */
  readonly handler: RequestHandler;
  /**
   * Shows every metric in a registry of prom-client 15 or @prometheus-io/client, beside the application's own.
   * @throws {PluginError} `CONFIG_1703` when the registry has a metric of that name already.
   */
  registerInto(registry: ClientRegistry): void;
}

const namePart = /^[A-Za-z_]\w*$/;

/**
 * Shows a manager's metrics to Prometheus, once it is given to `registerMetricsExporter` or `withMetricsExporter`.
 * @throws {PluginError} `CONFIG_1703` for an option that makes no sense.
 */
export function prometheusExporter(options: PrometheusOptions = {}): PrometheusExporter {
  checkObject(options, 'the options of prometheusExporter', 'Say { port: 9464 }, or leave them out.');
  const { port, host = '127.0.0.1' } = options;
  const prefix = prefixOf(options);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) throw badPort(port);
  let source: MetricsSource | undefined;
  let server: MetricsServer | undefined;
  const handler = scrapeHandler(() => source, prefix);
  return {
    name: 'prometheus',
    get port() {
      return server?.port;
    },
    handler,
    registerInto: (registry) => registerFamilies(registry, prefix, () => source?.collect() ?? []),
    async start(from) {
      if (source !== undefined) throw alreadyRegistered();
      source = from;
      try {
        if (port !== undefined) server = await serveMetrics(handler, port, host);
      } catch (error) {
        source = undefined;
        throw error;
      }
    },
    async stop(timeoutMs) {
      if (source !== undefined) await server?.close(timeoutMs, source.clock);
      server = undefined;
    },
  };
}

function prefixOf({ namespace = '', subsystem = '' }: PrometheusOptions): string {
  const parts = [namespace, subsystem].filter((part) => part !== '');
  const bad = parts.find((part) => typeof part !== 'string' || !namePart.test(part));
  if (bad === undefined) return parts.map((part) => `${part}_`).join('');
  const message = `${printable(inspect(bad), 80)} cannot begin the name of a metric. Use letters, digits and _, a digit not first.`;
  throw new PluginError('CONFIG_1703', { message });
}

function badPort(port: unknown): PluginError {
  const message = `'${printable(port, 80)}' is no port. Give a whole number from 0 to 65535; 0 lets the system pick one.`;
  return new PluginError('CONFIG_1703', { message });
}

function alreadyRegistered(): PluginError {
  const message = 'this exporter belongs to a manager already. Make another one with prometheusExporter.';
  return new PluginError('CONFIG_1703', { message });
}
