import { checkObject } from '../../src/core/check-given.ts';
import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import type { OtlpProtocol } from '../../src/core/tracer.ts';

/** What is sent. */
export type Signal = 'traces' | 'metrics';

/** Where and how an OTLP receiver is reached. */
export interface OtlpTarget {
  /** `http://collector:4318`, or for gRPC `http://collector:4317`. */
  readonly endpoint: string;
  /** Sent with every export. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default `http/protobuf`, as the OTLP specification recommends. */
  readonly protocol?: OtlpProtocol | undefined;
}

const protocols: readonly string[] = ['http/protobuf', 'http/json', 'grpc'] satisfies OtlpProtocol[];

/**
 * The address for a signal: `/v1/traces` or `/v1/metrics` below the endpoint, as the OTLP specification has it.
 * @throws {PluginError} `CONFIG_1703` for what is no address, or a protocol that OTLP does not have.
 */
export function addressOf({ endpoint, protocol = 'http/protobuf' }: OtlpTarget, signal: Signal): URL {
  if (!protocols.includes(protocol)) {
    const message = `OTLP has no protocol '${printable(protocol, 80)}', but: ${protocols.join(', ')}.`;
    throw new PluginError('CONFIG_1703', { message });
  }
  const url = typeof endpoint === 'string' && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) throw noAddress(endpoint);
  if (protocol === 'grpc') return url;
  if (!url.pathname.endsWith(`/v1/${signal}`))
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${signal}`;
  return url;
}

const headerName = /^[\w!#$%&'*+.^`|~-]+$/;
const headerValue = /^[ -~]*$/;

/**
 * Refuses what no request can carry. A value is not repeated: it is mostly a key, and a line end came along from its file.
 * @throws {PluginError} `CONFIG_1703`
 */
export function checkHeaders({ headers = {} }: OtlpTarget): void {
  checkObject(headers, 'the OTLP headers', "Give { 'api-key': '…' }.");
  for (const [name, value] of Object.entries(headers)) {
    if (!headerName.test(name)) throw wrongHeader(`'${printable(name, 80)}' is no name of a header`);
    if (typeof value !== 'string' || !headerValue.test(value))
      throw wrongHeader(`the value of the header '${name}' is no line of ASCII`);
  }
}

function wrongHeader(what: string): PluginError {
  const message = `the OTLP headers: ${what}. Look for a line end or another invisible character in it.`;
  return new PluginError('CONFIG_1703', { message });
}

/** The address itself is not repeated: it may hold a password. */
function noAddress(endpoint: unknown): PluginError {
  const message = `the OTLP endpoint is ${typeof endpoint === 'string' ? 'no http address' : typeof endpoint}. Give one such as http://localhost:4318.`;
  return new PluginError('CONFIG_1703', { message });
}
