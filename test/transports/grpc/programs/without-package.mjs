// Both ends of gRPC where its package is not installed; prints what they hear of that.
import { register } from 'node:module';

const hooks = `export async function resolve(name, context, next) {
  if (!name.startsWith('@grpc/')) return next(name, context);
  throw Object.assign(new Error('Cannot find package ' + name), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

const { definePlugin, Simple } = await import('plugboard');
const { serveGrpc } = await import('plugboard/grpc');
const { grpc } = await import('plugboard/transports');

const plugin = definePlugin({ name: 'echo', version: '1.0.0', execute: (text) => text });
const codes = [];
await serveGrpc(plugin).catch((error) => codes.push([error.code, error.rawMessage]));
await Simple()
  .withPlugin('far', grpc('localhost:1'))
  .build()
  .catch(({ cause: { errors } }) => codes.push([errors[0].code, errors[0].rawMessage]));
console.log(JSON.stringify(codes));
