import { Server, ServerCredentials, type Metadata, type ServiceDefinition } from '@grpc/grpc-js';

/** What a gRPC receiver got, still encoded. */
export interface GrpcExport {
  readonly path: string;
  readonly body: Buffer;
  readonly metadata: Metadata;
}

/** A real OTLP receiver over gRPC. */
export interface GrpcReceiver extends AsyncDisposable {
  readonly endpoint: string;
  readonly exports: readonly GrpcExport[];
}

const paths = [
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
] as const;

/** Receives OTLP over gRPC on a port of this computer. */
export async function grpcReceiver(): Promise<GrpcReceiver> {
  const exports: GrpcExport[] = [];
  const server = new Server();
  for (const path of paths) {
    server.addService(definitionOf(path), {
      export: (
        call: { request: Buffer; metadata: Metadata },
        answer: (error: null, body: Buffer) => void,
      ) => {
        exports.push({ path, body: call.request, metadata: call.metadata });
        answer(null, Buffer.alloc(0));
      },
    });
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, given) =>
      error === null ? resolve(given) : reject(error),
    );
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    exports,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

function definitionOf(path: string): ServiceDefinition {
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    export: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  };
}
