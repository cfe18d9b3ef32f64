// A plugin in TypeScript for a program in Go that uses HashiCorp's go-plugin; greet/main.go is that program.
// Its messages are the text of protobuf itself. For your own .proto, protobuf-es generates schemas like this one.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { StringValueSchema } from '@bufbuild/protobuf/wkt';
import { goMethod, serveGoPlugin } from 'plugboard/go-plugin';

const text = {
  decode: (bytes: Uint8Array) => fromBinary(StringValueSchema, bytes).value,
  encode: (value: string) => toBinary(StringValueSchema, create(StringValueSchema, { value })),
};

const invalidArgument = 3;

const greeter = {
  Greet: goMethod({
    ...text,
    answer(name, { log }) {
      log.info('greeting', { name });
      if (name === '') throw Object.assign(new Error('nobody to greet'), { code: invalidArgument });
      return `Hello, ${name}!`;
    },
  }),
  Spell: goMethod({
    ...text,
    stream: 'server',
    async *answer(name) {
      for (const letter of name) yield letter;
    },
  }),
};

await serveGoPlugin({
  handshake: { magicCookieKey: 'GREETER_PLUGIN', magicCookieValue: 'c0ffee' },
  versions: [1],
  services: { 'greeter.v1.Greeter': greeter },
});
