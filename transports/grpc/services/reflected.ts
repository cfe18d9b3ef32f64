import type { MethodDefinition, Options, PackageDefinition } from '@grpc/proto-loader';

import { PluginError } from '../../../src/core/errors.ts';
import { printable } from '../../../src/core/printable.ts';
import type { Connection } from '../connect.ts';
import type { AnyServices, CodedMethod, CodedServices, GrpcMethod } from './method.ts';
import { describeServices } from './reflection.ts';

/** Messages as plain data that JSON can hold, but for bytes. */
const asData: Options = { longs: String, enums: String, defaults: true, oneofs: true };

/**
 * Asks the plugin for the messages of methods that say nothing of theirs.
 * @throws {PluginError} `RPC_2002` for what it does not describe, `PLUGIN_1008` without the package that reads it.
 */
export async function withReflection<Call>(
  connection: Connection,
  services: AnyServices<Call>,
): Promise<CodedServices<Call>> {
  const methods = Object.values(services).filter((service) => service !== undefined && !isCoded(service));
  if (methods.length === 0) return services as CodedServices<Call>;
  const names = new Set(methods.map((service) => splitMethod(service?.method ?? '').service));
  const described = await read(await describeServices(connection, [...names]));
  const coded = Object.entries(services).map(([hook, service]) => [
    hook,
    service === undefined || isCoded(service) ? service : reflected(service.method, described),
  ]);
  return Object.fromEntries(coded) as CodedServices<Call>;
}

function isCoded<Call>(
  service: GrpcMethod<never, unknown, Call>,
): service is CodedMethod<never, unknown, Call> {
  return service.encode !== undefined;
}

function splitMethod(method: string): { service: string; name: string } {
  const [, service = '', name = ''] = method.split('/');
  return { service, name };
}

async function read(files: Buffer): Promise<PackageDefinition> {
  const loader = await import('@grpc/proto-loader').catch((cause: unknown) => {
    const message =
      'to read what a plugin describes, a package is needed that is not installed. Run: npm install @grpc/proto-loader';
    throw new PluginError('PLUGIN_1008', { message, cause });
  });
  return loader.loadFileDescriptorSetFromBuffer(files, asData);
}

function reflected(method: string, described: PackageDefinition): CodedMethod<never, unknown, unknown> {
  const { service, name } = splitMethod(method);
  const found = described[service];
  const definition =
    found === undefined || 'format' in found ? undefined : (found[name] as MethodDefinition<object, object>);
  if (definition === undefined) {
    const message = `the plugin's service has no method '${printable(method, 200)}'. Name one that it has.`;
    throw new PluginError('RPC_2002', { message });
  }
  const { requestStream, responseStream, requestSerialize, responseDeserialize } = definition;
  const one = (request: object): Buffer => requestSerialize(request);
  const many = (requests: Iterable<object> | AsyncIterable<object>): AsyncIterable<Buffer> =>
    each(requests, one);
  const decode = (bytes: Uint8Array): object => responseDeserialize(Buffer.from(bytes));
  if (requestStream) return { method, stream: responseStream ? 'both' : 'client', encode: many, decode };
  return responseStream ? { method, stream: 'server', encode: one, decode } : { method, encode: one, decode };
}

async function* each(
  items: Iterable<object> | AsyncIterable<object>,
  change: (item: object) => Buffer,
): AsyncIterable<Buffer> {
  for await (const item of items) yield change(item);
}
