import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';

import type { Signal } from './endpoint.ts';
import type { Outcome, Sender } from './sender.ts';

/** The services of OTLP's protobuf definitions. */
const services: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

/** The codes after which the OTLP specification lets a client try again. */
const passing: ReadonlySet<status> = new Set([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/** OTLP over gRPC. Bodies are encoded already, so they pass as they are. */
export function grpcSender(address: URL, headers: Readonly<Record<string, string>>, signal: Signal): Sender {
  const secure = address.protocol === 'https:';
  const client = new Client(
    `${address.hostname}:${address.port || (secure ? 443 : 80)}`,
    secure ? credentials.createSsl() : credentials.createInsecure(),
  );
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return {
    send: (body, abort) =>
      new Promise((resolve) => {
        const call = client.makeUnaryRequest(
          services[signal],
          asIs,
          asIs,
          asBuffer(body),
          metadata,
          (error, answer) =>
            resolve(
              error === null ? { status: 'taken', answer: answer ?? new Uint8Array() } : outcomeOf(error),
            ),
        );
        abort.addEventListener('abort', () => call.cancel(), { once: true });
      }),
    close: () => client.close(),
  };
}

const asIs = (bytes: Buffer): Buffer => bytes;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function outcomeOf({ code, details }: ServiceError): Outcome {
  const why = `the receiver answered ${status[code]}: ${details}`;
  return passing.has(code) ? { status: 'later', afterMs: 0, why } : { status: 'refused', why };
}
