// The plugin's side: what definePlugin and serve infer, and what they refuse.
import { expectTypeOf } from 'vitest';
import { defineHooks, definePlugin, hook, type Plugin, type Single } from 'plugboard';
import { serve, type CallContext } from 'plugboard/serve';
import type * as door from 'plugboard/serve';

const info = { name: 'plugin', version: '1.0.0' };

// Inferred from the handler, at once or later.
expectTypeOf(definePlugin({ ...info, execute: (text: string) => text.length })).toEqualTypeOf<
  Plugin<Single<string, number>>
>();
expectTypeOf(definePlugin({ ...info, execute: async (text: string) => text.length })).toEqualTypeOf<
  Plugin<Single<string, number>>
>();
expectTypeOf<typeof door.definePlugin>().toEqualTypeOf<typeof definePlugin>();

// Said first, then the handler's own types follow.
definePlugin<{ user: string }, boolean>({
  ...info,
  execute(request, context) {
    expectTypeOf(request).toEqualTypeOf<{ user: string }>();
    expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(context.remainingMs).toEqualTypeOf<number>();
    return request.user === 'ada';
  },
});
// @ts-expect-error the handler answers something else than was said
definePlugin<string, boolean>({ ...info, execute: (text) => text.length });
// @ts-expect-error a plugin needs a version
definePlugin<string, number>({ name: 'plugin', execute: (text) => text.length });
// @ts-expect-error health is one of the known words
definePlugin<string, number>({ ...info, execute: (text) => text.length, health: () => 'fine' });

// A handler that does not say what it is asked is asked `unknown`, which is nothing to build on by mistake.
definePlugin({
  ...info,
  execute(request) {
    expectTypeOf(request).toEqualTypeOf<unknown>();
    return 1;
  },
});

// Of a map of hooks: some or all, each with its own types.
const hooks = defineHooks({
  'mail.rcptTo': hook<{ to: string }, boolean>(),
  'mail.data': hook<{ lines: number }, { score: number }>(),
});
const some = definePlugin<typeof hooks>({
  ...info,
  hooks: {
    'mail.rcptTo'({ to }, { log }) {
      log.info('asked', { to });
      return to.endsWith('.org');
    },
  },
});
expectTypeOf(some).toEqualTypeOf<Plugin<Partial<typeof hooks>>>();
definePlugin<typeof hooks>({
  ...info,
  // @ts-expect-error the map has no such hook
  hooks: { 'mail.quit': () => true },
});
definePlugin<typeof hooks>({
  ...info,
  // @ts-expect-error this is the answer of another hook
  hooks: { 'mail.rcptTo': () => ({ score: 1 }) },
});
definePlugin<typeof hooks>({
  ...info,
  // @ts-expect-error this is the request of another hook
  hooks: { 'mail.rcptTo': ({ lines }: { lines: number }) => lines > 1 },
});

// serve takes the same three, and a finished plugin.
void serve<{ user: string }, boolean>({ ...info, execute: ({ user }) => user === 'ada' });
void serve<typeof hooks>({ ...info, hooks: { 'mail.data': ({ lines }) => ({ score: lines }) } });
void serve({ ...info, execute: (text: string, context: CallContext) => `${text} ${context.attempt}` });
void serve(some);
// @ts-expect-error the handler answers something else than was said
void serve<string, boolean>({ ...info, execute: (text) => text.length });
// @ts-expect-error a plugin answers something
void serve({ ...info });
