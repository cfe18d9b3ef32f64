import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import root from 'otlp-protos/build/src/generated/root.js';

/** A message type of the definitions. */
interface MessageType {
  decode(bytes: Uint8Array): object;
  toObject(message: object, how: object): unknown;
}

/** OpenTelemetry's generated code, whose types say less than it has. */
export const definitions = root as unknown as {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: {
        readonly trace: { readonly v1: { readonly ExportTraceServiceRequest: MessageType } };
        readonly metrics: { readonly v1: { readonly ExportMetricsServiceRequest: MessageType } };
      };
    };
  };
};

/** A value as OTLP wraps it. */
interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
}

/** An attribute as OTLP writes it. */
export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number | string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly KeyValue[];
  readonly events?: readonly { readonly name: string; readonly attributes?: readonly KeyValue[] }[];
  readonly status?: { readonly code?: number | string; readonly message?: string };
}

interface TraceRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeSpans?: readonly {
      readonly scope?: { readonly name?: string };
      readonly spans?: readonly WireSpan[];
    }[];
  }[];
}

/** Attributes as plain values. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** A span as it arrived. */
export interface ReceivedSpan {
  readonly service: string;
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'other';
  readonly durationMs: number;
  readonly attributes: Facts;
  readonly events: readonly { readonly name: string; readonly facts: Facts }[];
  readonly failed: boolean;
  readonly message: string;
}

/** A request as it came, still encoded. */
export interface Post {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A real OTLP receiver on a port of this computer. */
export interface OtlpReceiver extends AsyncDisposable {
  readonly endpoint: string;
  readonly port: number;
  readonly posts: readonly Post[];
  readonly spans: readonly ReceivedSpan[];
  /** Answers with this status until it is told otherwise; with 0 never. */
  answer(status: number, headers?: Readonly<Record<string, string>>, body?: Uint8Array): void;
  /** Waits for the spans that fit to be so many. */
  until(fits: (span: ReceivedSpan) => boolean, count?: number): Promise<ReceivedSpan[]>;
  /** The next post from now on. */
  nextPost(): Promise<Post>;
}

/** Receives OTLP over HTTP, JSON and protobuf, and decodes it with OpenTelemetry's own definitions. */
export async function otlpReceiver(port = 0): Promise<OtlpReceiver> {
  const posts: Post[] = [];
  const spans: ReceivedSpan[] = [];
  const watchers = new Set<() => void>();
  let reply: { status: number; headers: Readonly<Record<string, string>>; body: Uint8Array } = {
    status: 200,
    headers: {},
    body: new Uint8Array(),
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const post = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) };
      posts.push(post);
      if (reply.status === 200 && post.path.endsWith('/traces')) spans.push(...spansOf(decodeTraces(post)));
      if (reply.status > 0) response.writeHead(reply.status, reply.headers).end(reply.body);
      for (const look of watchers) look();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: given } = server.address() as AddressInfo;
  const watch = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const again = (): void => {
        const found = look();
        if (found === undefined) return;
        watchers.delete(again);
        resolve(found);
      };
      watchers.add(again);
      again();
    });
  return {
    endpoint: `http://127.0.0.1:${given}`,
    port: given,
    posts,
    spans,
    answer: (status, headers = {}, body = new Uint8Array()) => void (reply = { status, headers, body }),
    until: (fits, count = 1) =>
      watch(() => {
        const fitting = spans.filter(fits);
        return fitting.length >= count ? fitting : undefined;
      }),
    nextPost: () => {
      const seen = posts.length;
      return watch(() => posts[seen]);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function decodeTraces({ headers, body }: Post): TraceRequest {
  if (headers['content-type'] === 'application/json') return JSON.parse(body.toString()) as TraceRequest;
  return decodeProtobuf(body);
}

function decodeProtobuf(body: Uint8Array): TraceRequest {
  const type = definitions.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
  return hexIds(type.toObject(type.decode(body), { longs: String, bytes: Array }) as TraceRequest);
}

/** The spans of an export in protobuf. */
export function spansIn(body: Uint8Array): ReceivedSpan[] {
  return spansOf(decodeProtobuf(body));
}

/** Ids are bytes in protobuf and hexadecimal in JSON. */
function hexIds<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      /^(traceId|spanId|parentSpanId)$/.test(key) && Array.isArray(inner)
        ? Buffer.from(inner as number[]).toString('hex')
        : inner,
    ),
  ) as T;
}

function spansOf({ resourceSpans = [] }: TraceRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const service = String(facts(resource?.attributes)['service.name']);
    return scopeSpans.flatMap(({ scope, spans = [] }) =>
      spans.map((span) => received(span, service, scope?.name ?? '')),
    );
  });
}

function received(span: WireSpan, service: string, scope: string): ReceivedSpan {
  const nanos = BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
  return {
    service,
    scope,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    name: span.name,
    kind: (['other', 'internal', 'server', 'client'] as const)[Number(span.kind)] ?? 'other',
    durationMs: Number(nanos) / 1e6,
    attributes: facts(span.attributes),
    events: (span.events ?? []).map(({ name, attributes }) => ({ name, facts: facts(attributes) })),
    failed: Number(span.status?.code ?? 0) === 2,
    message: span.status?.message ?? '',
  };
}

/** Plain values of attributes. */
export function facts(attributes: readonly KeyValue[] = []): Facts {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

function plain({ stringValue, intValue, doubleValue, boolValue }: AnyValue): Facts[string] {
  return stringValue ?? boolValue ?? doubleValue ?? (intValue === undefined ? undefined : Number(intValue));
}
