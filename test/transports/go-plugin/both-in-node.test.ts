import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { FieldDescriptorProto_Type, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { goMethod, goPlugin, type GoConnection, type GoPluginMethod } from 'plugboard/go-plugin';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../../support/temp-folder.ts';
import { nodePlugin } from './go-hosts.ts';
import { codecs, handshake, keep, services } from './go-plugins.ts';

const { bytes, none, number, numberIn, textIn, bytesIn } = codecs;
const [node = '', file = ''] = nodePlugin('go-kv.mjs');

const callHost: GoPluginMethod<string, string> = {
  method: '/fixture.More/CallHost',
  encode: async (answer, call) => {
    const get = goMethod({
      decode: textIn,
      encode: bytes,
      answer: (key) => Buffer.from(`${answer} to ${key}`),
    });
    return number(await call.lend({ 'proto.KV': { Get: get } }));
  },
  decode: (message) => bytesIn(message).toString(),
};

const double: GoPluginMethod<null, GoConnection> = {
  method: '/fixture.More/OpenDoubler',
  encode: none,
  decode: (message, call) => call.broker.dial(numberIn(message)),
};

const ways = [false, 'P-256', 'P-521'] as const;

describe.each(ways.flatMap((autoMtls) => ['unix', 'tcp'].map((network) => ({ autoMtls, network }))))(
  'a host and a plugin in Node, with TLS by $autoMtls on $network',
  ({ autoMtls, network }) => {
    it('call each other', async () => {
      const all = { ...services, callHost, double };
      const env = { FIXTURE_NETWORK: network };
      const source = goPlugin(node, { args: [file], handshake, services: all, autoMtls, env });
      await using host = await keep(source);
      await host.ask('put', { key: 'a', value: 'b' });
      expect(await host.ask('get', 'a')).toBe('b');
      expect(await host.ask('callHost', 'Hello')).toBe('Hello to from-plugin');
      const doubler = (await host.ask('double')) as GoConnection;
      expect(
        await doubler.call({ method: '/fixture.Doubler/Double', encode: number, decode: numberIn }, 21),
      ).toBe(42);
      doubler.close();
      expect(host.manager.getPlugin('kv')?.info?.metadata).toMatchObject({
        network,
        tls: autoMtls !== false,
      });
    });
  },
);

/** The .proto of the store, compiled. */
const kv: MessageInitShape<typeof FileDescriptorSetSchema> = {
  file: [
    {
      name: 'kv.proto',
      package: 'proto',
      syntax: 'proto3',
      messageType: [
        { name: 'GetRequest', field: [{ name: 'key', number: 1, type: FieldDescriptorProto_Type.STRING }] },
        { name: 'GetResponse', field: [{ name: 'value', number: 1, type: FieldDescriptorProto_Type.BYTES }] },
      ],
      service: [
        {
          name: 'KV',
          method: [{ name: 'Get', inputType: '.proto.GetRequest', outputType: '.proto.GetResponse' }],
        },
      ],
    },
  ],
};

it('a plugin in Node that was given its .proto is called by reflection', async () => {
  await using folder = await tempFolder();
  const set = toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, kv));
  const env = { FIXTURE_DESCRIPTORS: await folder.write('kv.binpb', set) };
  const described = { get: { method: '/proto.KV/Get' } };
  await using host = await keep(goPlugin(node, { args: [file], handshake, services: described, env }));
  expect(await host.ask('get', { key: 'version' })).toEqual({ value: Buffer.from('1') });
});
