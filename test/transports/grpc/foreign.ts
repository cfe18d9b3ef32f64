import { createRequire } from 'node:module';
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  type Client,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** A message as a library of protobuf has it. */
export type Message = Readonly<Record<string, unknown>>;

type Call = ServerUnaryCall<Message, Message>;
type Answer = Message | { readonly code: number; readonly details: string; readonly metadata?: Metadata };

const file = createRequire(import.meta.url).resolve('plugboard/plugboard.proto');
const definitions = loadPackageDefinition(loadSync(file, { keepCase: true })) as unknown as {
  readonly plugboard: { readonly v1: { readonly Plugin: ServiceClientConstructor } };
};
const { Plugin } = definitions.plugboard.v1;

/** A server that knows nothing of plugboard but its .proto. */
export interface ForeignServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly port: number;
  /** The calls it got, by method. */
  readonly seen: { readonly method: string; readonly request: Message; readonly metadata: Metadata }[];
}

/** Serves some methods, with gRPC's own limits. */
export async function foreignServer(
  methods: Readonly<Record<string, (request: Message, call: Call) => Answer | Promise<Answer>>>,
): Promise<ForeignServer> {
  const seen: ForeignServer['seen'] = [];
  const server = new Server();
  const handlers = Object.entries(methods).map(([method, answer]) => {
    const handler = async (call: Call, done: sendUnaryData<Message>): Promise<void> => {
      seen.push({ method, request: call.request, metadata: call.metadata });
      const given = await answer(call.request, call);
      if (typeof given['code'] === 'number') done(given);
      else done(null, given);
    };
    return [method, handler] as const;
  });
  server.addService(Plugin.service, Object.fromEntries<unknown>(handlers) as UntypedServiceImplementation);
  const port = await new Promise<number>((resolve) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, given) => resolve(given));
  });
  return {
    endpoint: `127.0.0.1:${port}`,
    port,
    seen,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

/** What `Info` of a small plugin says. */
export const info = {
  protocol_version: 1,
  name: 'foreign',
  version: '2.0.0',
  description: 'knows no plugboard',
  capabilities: ['a', 'b'],
  hooks: ['execute'],
  metadata_json: Buffer.from('{"region":"eu"}'),
};

/** A client that knows nothing of plugboard but its .proto. */
export function foreignClient(endpoint: string): {
  ask(method: string, request: Message, metadata?: Metadata): Promise<Message>;
  close(): void;
} {
  const client = new Plugin(endpoint, credentials.createInsecure()) as Client & Record<string, unknown>;
  return {
    ask: (method, request, metadata = new Metadata()) =>
      new Promise((resolve, reject) => {
        const run = client[method] as (...args: unknown[]) => void;
        run.call(client, request, metadata, (error: Error | null, answer: Message) =>
          error === null ? resolve(answer) : reject(error),
        );
      }),
    close: () => client.close(),
  };
}
