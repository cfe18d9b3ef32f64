import type {
  MethodDefinition,
  sendUnaryData,
  Server,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
} from '@grpc/grpc-js';

import { healthMethods, serving, type HealthRequest } from '../grpc/methods.ts';
import { goPluginMethods, healthService, type ConnInfo, type StdioData } from './messages.ts';
import type { Broker } from './serve-broker.ts';
import type { Printing } from './serve-printing.ts';

/** What go-plugin itself asks of a plugin. */
export interface BuiltIn {
  readonly broker: Broker;
  readonly printing: Pick<Printing, 'sendTo'>;
  /** Whether the plugin can work. */
  readonly health: () => Promise<boolean>;
  /** The host wants the plugin to end; it has its answer. */
  readonly shutdown: () => void;
}

const notFound = { code: 5, details: `only the health of '${healthService}' is known here` };

/** What `Watch` says of a service that is not there. */
const serviceUnknown = 3;

const watch: MethodDefinition<HealthRequest, number> = {
  ...healthMethods.check,
  path: '/grpc.health.v1.Health/Watch',
  responseStream: true,
};

/** What is served here, by name. */
export const builtInServices: readonly string[] = [
  'grpc.health.v1.Health',
  'plugin.GRPCBroker',
  'plugin.GRPCController',
  'plugin.GRPCStdio',
];

/** Serves go-plugin's own services: controller, broker, stdio and health. */
export function addBuiltIn(server: Server, { broker, printing, health, shutdown }: BuiltIn): void {
  server.addService(goPluginMethods, {
    shutdown: (_call: ServerUnaryCall<object, object>, done: sendUnaryData<object>) => {
      done(null, {});
      shutdown();
    },
    startStream: (call: ServerDuplexStream<ConnInfo, ConnInfo>) => broker.attach(call),
    streamStdio: (call: ServerWritableStream<object, StdioData>) => printing.sendTo(call),
  });
  const status = async (): Promise<number> => {
    const isWell = await health().catch(() => false);
    return isWell ? serving.serving : serving.notServing;
  };
  server.addService(
    { ...healthMethods, watch },
    {
      check: (call: ServerUnaryCall<HealthRequest, number>, done: sendUnaryData<number>) => {
        if (!isKnown(call.request)) return done(notFound);
        void (async () => done(null, await status()))();
      },
      watch: (call: ServerWritableStream<HealthRequest, number>) => {
        call.on('error', () => {});
        void status().then((said) => call.write(isKnown(call.request) ? said : serviceUnknown));
      },
    },
  );
}

/** The empty name stands for the whole server. */
function isKnown({ service }: HealthRequest): boolean {
  return service === healthService || service === '';
}
