// The methods of a Go plugin against the hooks that they answer.
import { expectTypeOf } from 'vitest';
import { defineHooks, hook, Production, type PluginSource } from 'plugboard';
import { goPlugin, type GoPluginMethod } from 'plugboard/go-plugin';

const hooks = defineHooks({
  get: hook<string, { value: string }>(),
  list: hook<string, readonly string[]>(),
});
const handshake = { magicCookieKey: 'KV', magicCookieValue: 'x' };
const write = (text: string): Uint8Array => Buffer.from(text);
const read = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

const typed = goPlugin<typeof hooks>('./kv', {
  handshake,
  services: {
    get: { method: '/proto.KV/Get', encode: write, decode: (bytes) => ({ value: read(bytes) }) },
    list: { method: '/proto.KV/List', stream: 'server', encode: write, decode: read },
  },
});
expectTypeOf(typed).toEqualTypeOf<PluginSource<typeof hooks>>();

const manager = await Production(hooks).withPlugin('kv', typed).build();
expectTypeOf(manager.call('kv', 'get', 'a')).resolves.toEqualTypeOf<{ value: string }>();

// A hook that says nothing of its messages is read by reflection; one that is left out is not answered.
goPlugin<typeof hooks>('./kv', { handshake, services: { get: { method: '/proto.KV/Get' } } });

// Without a contract of its own it takes that of the builder.
expectTypeOf(goPlugin('./kv', { handshake })).toEqualTypeOf<PluginSource>();
Production(hooks).withPlugin('kv', goPlugin('./kv', { handshake }));

// @ts-expect-error the contract has no such hook
goPlugin<typeof hooks>('./kv', { handshake, services: { put: { method: '/proto.KV/Put' } } });

const number: GoPluginMethod<number, { value: string }> = {
  method: '/proto.KV/Get',
  encode: (key) => write(String(key)),
  decode: (bytes) => ({ value: read(bytes) }),
};
// @ts-expect-error the hook asks with text
goPlugin<typeof hooks>('./kv', { handshake, services: { get: number } });

// @ts-expect-error the hook answers with an object
const text: GoPluginMethod<string, { value: string }> = { method: '/a.B/C', encode: write, decode: read };
void text;

// @ts-expect-error the handshake has a value, too
goPlugin('./kv', { handshake: { magicCookieKey: 'KV' } });
