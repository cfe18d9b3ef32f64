import { create, toBinary } from '@bufbuild/protobuf';
import {
  file_google_protobuf_wrappers,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { beforeAll, describe, expect, it } from 'vitest';
import { Descriptors } from '../../../transports/go-plugin/serve-descriptors.ts';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { answerTo, runHost } from './go-hosts.ts';
import { buildGo, hasGo } from './go-plugins.ts';
import { startPlugin } from './started-plugin.ts';

const wrappers = file_google_protobuf_wrappers.proto;

const kv = create(FileDescriptorProtoSchema, {
  name: 'kv.proto',
  package: 'proto',
  dependency: [wrappers.name, 'not/given.proto'],
  messageType: [{ name: 'Put', nestedType: [{ name: 'Inner', enumType: [{ name: 'Kind' }] }] }],
  enumType: [{ name: 'Colour' }],
  service: [{ name: 'KV', method: [{ name: 'Get' }] }],
});

const set = toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [wrappers, kv] }));
const [kvBytes, wrapperBytes] = [kv, wrappers].map((file) =>
  Buffer.from(toBinary(FileDescriptorProtoSchema, file)),
);

describe('compiled .proto files', () => {
  const descriptors = new Descriptors(set);

  it.each(['Put', 'Put.Inner', 'Put.Inner.Kind', 'Colour', 'KV', 'KV.Get'])(
    'are found by what they declare, with what they need: %s',
    (symbol) => {
      expect(descriptors.bySymbol(`proto.${symbol}`)).toEqual([kvBytes, wrapperBytes]);
    },
  );

  it('are found by name', () => {
    expect(descriptors.byName('google/protobuf/wrappers.proto')).toEqual([wrapperBytes]);
    expect(descriptors.byName('kv')).toBeUndefined();
    expect(descriptors.bySymbol('KV')).toBeUndefined();
  });
});

describe('reflection', () => {
  needsTool('go', hasGo);
  beforeAll(() => buildGo('1.8.0'), goBuildTimeoutMs);

  it('names the services to a host in Go, as a plugin in Go does', async () => {
    const run = await runHost(['services', 'files proto.KV']);
    expect(answerTo(run, 'services').value).toEqual([
      'fixture.More',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
      'plugin.GRPCBroker',
      'plugin.GRPCController',
      'plugin.GRPCStdio',
      'proto.KV',
    ]);
    expect(answerTo(run, 'files proto.KV').error).toContain('no .proto');
  });

  it('tells the files that the plugin was given', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('kv.binpb', set);
    const run = await runHost(['files proto.KV', 'files proto.No'], { env: { FIXTURE_DESCRIPTORS: file } });
    expect(answerTo(run, 'files proto.KV').value).toEqual(['kv.proto', 'google/protobuf/wrappers.proto']);
    expect(answerTo(run, 'files proto.No').error).toContain('no .proto');
  });
});

it('what is no set of files is refused at the start', async () => {
  await using folder = await tempFolder();
  const file = await folder.write('kv.binpb', 'nonsense');
  await using plugin = await startPlugin({ FIXTURE_DESCRIPTORS: file });
  expect(await plugin.exit).toBe(1);
  expect(await plugin.stderr).toContain('descriptorSet is no FileDescriptorSet');
});
