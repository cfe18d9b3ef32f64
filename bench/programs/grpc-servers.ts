import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';
import { serveGrpc } from 'plugboard/grpc';
import { definePlugin } from 'plugboard/serve';
import { bareEcho, bareExecute } from '../rivals/bare-grpc.ts';

const bare = new Server({ 'grpc.max_receive_message_length': -1 });
const echo: handleUnaryCall<unknown, unknown> = (call, done) => done(null, call.request);
bare.addService({ echo: bareEcho, execute: bareExecute }, { echo, execute: echo });
const port = await new Promise<number>((resolve) => {
  bare.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, given) => resolve(given));
});
const plugin = definePlugin({ name: 'echo', version: '1.0.0', execute: (request: unknown) => request });
const { endpoint } = await serveGrpc(plugin);
process.on('disconnect', () => process.exit(0));
process.send?.({ bare: `127.0.0.1:${port}`, endpoint });
