// The three forms of a contract: what each lets be asked and gives back.
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import { defineHooks, Development, hook, Production, Simple, type Hook, type PluginManager } from 'plugboard';
import { subprocess } from 'plugboard/transports';

interface Login {
  readonly user: string;
}
interface Verdict {
  readonly accept: boolean;
}

const auth = subprocess('./auth');

// One question, claimed.
const claimed = await Production<Login, Verdict>().withPlugin('auth', auth).build();
expectTypeOf(claimed.execute('auth', { user: 'ada' })).resolves.toEqualTypeOf<Verdict>();
expectTypeOf(claimed.call('auth', 'execute', { user: 'ada' })).resolves.toEqualTypeOf<Verdict>();
// @ts-expect-error the request has another shape
void claimed.execute('auth', { name: 'ada' });
// @ts-expect-error a request is needed
void claimed.execute('auth');
// @ts-expect-error a single-question contract has one hook, `execute`
void claimed.call('auth', 'login', { user: 'ada' });
// @ts-expect-error one type argument that is no map is no contract
Production<Login>();
// @ts-expect-error options have no such member: the unit is part of the name
void claimed.execute('auth', { user: 'ada' }, { timeout: 5 });

// One question, with schemas: what goes in is their input, what comes out their output.
const checked = await Simple({
  request: z.object({ user: z.string(), tries: z.number().default(3) }),
  response: z.object({ accept: z.boolean() }).transform(({ accept }) => (accept ? 'yes' : 'no')),
})
  .withPlugin('auth', auth)
  .build();
expectTypeOf(checked.execute('auth', { user: 'ada' })).resolves.toEqualTypeOf<'yes' | 'no'>();
// @ts-expect-error the schema wants text
void checked.execute('auth', { user: 7 });
// @ts-expect-error a contract of one question needs both schemas
Simple({ request: z.string() });

// A map of hooks, claimed or with schemas.
const hooks = defineHooks({
  'mail.rcptTo': hook<{ to: string }, Verdict>(),
  'mail.data': hook({ request: z.object({ lines: z.number() }), response: z.object({ score: z.number() }) }),
});
const mail = await Development(hooks).withPlugin('policy', subprocess('./policy')).build();
expectTypeOf(mail.call('policy', 'mail.rcptTo', { to: 'ada@example.org' })).resolves.toEqualTypeOf<Verdict>();
expectTypeOf(mail.call('policy', 'mail.data', { lines: 3 })).resolves.toEqualTypeOf<{ score: number }>();
// @ts-expect-error the map has no such hook
void mail.call('policy', 'mail.quit', {});
// @ts-expect-error this is the request of another hook
void mail.call('policy', 'mail.rcptTo', { lines: 3 });
// @ts-expect-error a map without a hook named `execute` has no one question
void mail.execute('policy', { to: 'ada@example.org' });

// A map of hooks as an interface, which its users can augment.
interface WebHooks {
  'web.get': Hook<{ path: string }, number>;
}
interface WebHooks {
  'web.post': Hook<{ body: Uint8Array }, string>;
}
declare const web: PluginManager<WebHooks>;
expectTypeOf(web.call('any', 'web.get', { path: '/' })).resolves.toEqualTypeOf<number>();
expectTypeOf(web.call('any', 'web.post', { body: new Uint8Array() })).resolves.toEqualTypeOf<string>();

// @ts-expect-error the members of a map are hooks
defineHooks({ 'web.get': 'GET' });
// @ts-expect-error a schema is one that follows Standard Schema
hook({ request: { type: 'string' }, response: { type: 'string' } });
