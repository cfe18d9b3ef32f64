import { createServer, type Server } from 'node:http';

import { PluginError, messageOf } from '../../src/core/errors.ts';
import type { Timer } from '../../src/core/clock.ts';
import type { Clock } from '../../src/core/clock.ts';
import { refuse, type RequestHandler } from './handler.ts';

/** A reader that asks or reads too slowly is cut off, in milliseconds. */
const slowMs = 10_000;

const maxConnections = 64;

/** A small HTTP server with one page, `/metrics`. */
export interface MetricsServer {
  /** The port it listens on. */
  readonly port: number;
  /** Lets answers that are under way end for `timeoutMs`, then closes. */
  close(timeoutMs: number, clock: Clock): Promise<void>;
}

/**
 * Listens on a port of an address; 0 lets the system pick one. It does not keep the process alive.
 * @throws {PluginError} `CONFIG_1703` when the port cannot be had.
 */
export async function serveMetrics(
  handler: RequestHandler,
  port: number,
  host: string,
): Promise<MetricsServer> {
  const limits = { maxHeaderSize: 8192, requestTimeout: slowMs, headersTimeout: slowMs };
  const server = createServer(limits, (request, response) => {
    const [path] = (request.url ?? '').split('?', 1);
    if (path === '/metrics') handler(request, response);
    else refuse(response, 404, 'There is nothing here but /metrics.');
  });
  server.maxConnections = maxConnections;
  server.timeout = slowMs;
  await listening(server, port, host);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: (timeoutMs, clock) => closed(server, timeoutMs, clock),
  };
}

async function listening(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(error, port, host)));
    server.listen(port, host, resolve);
  });
  server.on('error', () => {}); // what one connection does wrong must not end the process
  server.unref();
}

function closed(server: Server, timeoutMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let timer: Timer | undefined;
    server.close(() => {
      timer?.cancel();
      resolve();
    });
    server.closeIdleConnections();
    timer = clock.startTimer(timeoutMs, () => server.closeAllConnections());
  });
}

function cannotListen(error: Error, port: number, host: string): PluginError {
  const taken = 'code' in error && error.code === 'EADDRINUSE';
  const why = taken ? `port ${port} on ${host} is taken` : messageOf(error);
  const message = `the metrics cannot be served: ${why}. Give prometheusExporter another port, or 0 to let the system pick one.`;
  return new PluginError('CONFIG_1703', { message, cause: error });
}
