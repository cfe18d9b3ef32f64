import http from 'node:http';
import https from 'node:https';

import { messageOf } from '../../src/core/errors.ts';
import type { OtlpTarget } from './endpoint.ts';
import type { Outcome, Sender } from './sender.ts';

/** An answer is a few bytes; more is not read. */
const maxAnswerBytes = 64 * 1024;

/** The answers after which the OTLP specification lets a client try again. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** OTLP over HTTP, one connection at a time, kept while there is something to say. */
export function httpSender(address: URL, { headers = {}, protocol }: OtlpTarget): Sender {
  const client = address.protocol === 'https:' ? https : http;
  const agent = new client.Agent({ keepAlive: true, maxSockets: 1 });
  const type = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
  return {
    send: (body, signal) =>
      new Promise((resolve) => {
        const options = { method: 'POST', agent, signal, headers: { ...headers, 'content-type': type } };
        const failed = (error: unknown): void =>
          resolve({ status: 'later', afterMs: 0, why: messageOf(error) });
        const request = client.request(address, options, (response) => {
          response.on('error', failed);
          response.on('close', () => failed('the answer broke off'));
          readAnswer(response, (answer) => resolve(outcomeOf(response, answer)));
        });
        request.on('error', failed);
        request.end(body);
      }),
    close: () => agent.destroy(),
  };
}

function readAnswer(response: http.IncomingMessage, done: (answer: Uint8Array) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxAnswerBytes) chunks.push(chunk);
    else response.destroy(new Error('the answer of the OTLP receiver is too long'));
  });
  response.on('end', () => done(Buffer.concat(chunks)));
}

function outcomeOf(response: http.IncomingMessage, answer: Uint8Array): Outcome {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return { status: 'taken', answer };
  const why = `the receiver answered ${status}`;
  if (!passing.has(status)) return { status: 'refused', why };
  const seconds = Number(response.headers['retry-after']);
  return { status: 'later', afterMs: seconds > 0 ? seconds * 1000 : 0, why };
}
