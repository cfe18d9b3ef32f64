import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { messageOf } from '../../src/core/errors.ts';
import type { MetricsSource } from '../../src/core/metrics-exporter.ts';
import { formatFor } from './accept.ts';
import { contentTypes } from './exposition.ts';
import { render } from './render.ts';

/** Answers one HTTP request, as `node:http` and what is built on it hand it over. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Prometheus asks one at a time; a few may look on. */
const maxScrapes = 8;

/** Answers GET and HEAD with the metrics of a source, whatever the path. */
export function scrapeHandler(source: () => MetricsSource | undefined, prefix: string): RequestHandler {
  let scrapes = 0;
  return (request, response) => {
    response.on('error', () => {}); // whoever asked has gone
    const from = source();
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'GET only.');
    if (from === undefined) return refuse(response, 503, 'This exporter is registered with no manager.');
    if (scrapes >= maxScrapes) return refuse(response, 503, 'Too many scrapes at once.');
    scrapes++;
    void scrape(from, prefix, request, response).finally(() => scrapes--);
  };
}

async function scrape(
  source: MetricsSource,
  prefix: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const format = formatFor(request.headers.accept);
    const families = source.collect();
    response.setHeader('content-type', contentTypes[format]);
    response.setHeader('cache-control', 'no-store');
    response.setHeader('vary', 'accept');
    if (request.method === 'HEAD') response.end();
    else await pipeline(Readable.from(render(families, prefix, format)), response);
  } catch (error) {
    if (response.destroyed) return;
    source.logger.warn('a scrape failed', { error: messageOf(error) });
    if (response.headersSent) response.destroy();
    else refuse(response, 500, 'The metrics could not be read. The log of the host says why.');
  }
}

/** Says why not, in a line of text. */
export function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(`${why}\n`);
}
