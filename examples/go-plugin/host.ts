// A host in TypeScript that runs a plugin of HashiCorp's go-plugin; greeter/main.go is one, in Go.
// Its messages are the text of protobuf itself. For your own .proto, protobuf-es generates schemas like this one.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { StringValueSchema } from '@bufbuild/protobuf/wkt';
import { defineHooks, hook, isPluginError, Production } from 'plugboard';
import { goPlugin } from 'plugboard/go-plugin';

const hooks = defineHooks({
  greet: hook<string, string>(),
  spell: hook<string, readonly string[]>(),
});

const text = {
  encode: (value: string) => toBinary(StringValueSchema, create(StringValueSchema, { value })),
  decode: (bytes: Uint8Array) => fromBinary(StringValueSchema, bytes).value,
};

const [program = './greeter/greeter', ...args] = process.argv.slice(2);

const source = goPlugin<typeof hooks>(program, {
  args,
  handshake: { magicCookieKey: 'GREETER_PLUGIN', magicCookieValue: 'c0ffee' },
  protocolVersions: [1],
  services: {
    greet: { method: '/greeter.v1.Greeter/Greet', ...text },
    spell: { method: '/greeter.v1.Greeter/Spell', stream: 'server', ...text },
  },
});

const manager = await Production(hooks).withPlugin('greeter', source).build();

console.log(await manager.call('greeter', 'greet', 'Ada'));
console.log(await manager.call('greeter', 'spell', 'Ada'));
await manager.call('greeter', 'greet', '').catch((error: unknown) => {
  if (isPluginError(error)) console.log(error.code, error.rawMessage);
});

await manager.shutdown();
