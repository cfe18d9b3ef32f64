// Hooks that many plugins answer: what a definition needs, and what a verdict is.
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import { defineHooks, definePlugin, factsOf, hook, openScope, Production, type Verdict } from 'plugboard';
import { inProcess } from 'plugboard/transports';

type Say = { readonly action: 'continue' } | { readonly action: 'reject'; readonly code: number };
const goOn: Say = { action: 'continue' };
const refuse = (): Say => ({ action: 'reject', code: 554 });

const schema = z.discriminatedUnion('action', [
  z.object({ action: z.literal('continue'), score: z.number().default(0) }),
  z.object({ action: z.literal('reject') }),
]);

const hooks = defineHooks({
  judge: hook<string, Say>({ combine: 'first-decisive', onFailure: 'closed', otherwise: goOn, refuse }),
  weigh: hook({
    request: z.object({ grams: z.coerce.number<number>() }),
    response: schema,
    combine: 'accumulate-score',
    total: (score) => (score > 5 ? { action: 'reject' } : undefined),
    onFailure: 'open',
    otherwise: { action: 'continue', score: 0 },
    refuse: ({ plugin, error, code }) => {
      expectTypeOf(plugin).toBeString();
      expectTypeOf(error.code).toExtend<string>();
      expectTypeOf(code).toEqualTypeOf<number | undefined>();
      return { action: 'reject' };
    },
  }),
  edit: hook({
    request: z.string(),
    response: schema,
    combine: 'modify-chain',
    apply: (request, answer) => {
      expectTypeOf(request).toBeString();
      expectTypeOf(answer.action).toEqualTypeOf<'continue' | 'reject'>();
      return request;
    },
    onFailure: 'open',
    otherwise: { action: 'continue', score: 0 },
    refuse: () => ({ action: 'reject' }),
  }),
  seen: hook<string>({ combine: 'observe' }),
  ask: hook<string, number>(),
});

const manager = await Production(hooks)
  .withPlugin(
    'a',
    inProcess(definePlugin<typeof hooks>({ name: 'a', version: '1.0.0', hooks: { judge: () => goOn } })),
    { onFailure: { closed: 421 }, hooks: { judge: { priority: 1 } } },
  )
  .build();

expectTypeOf(await manager.run('judge', 'tea')).toEqualTypeOf<Verdict<string, Say>>();
const weighed = await manager.run('weigh', { grams: 5 });
expectTypeOf(weighed.answer).toEqualTypeOf<z.output<typeof schema>>();
expectTypeOf(weighed.request).toEqualTypeOf<{ grams: number }>();
expectTypeOf((await manager.run('seen', 'tea')).answer).toEqualTypeOf<undefined>();

// @ts-expect-error the request has another shape
void manager.run('weigh', { kilos: 5 });
// @ts-expect-error nobody said how its answers combine
void manager.run('ask', 'tea');
// @ts-expect-error there is no such hook
void manager.run('juge', 'tea');
// @ts-expect-error a run has no retries of its own: they are the plugins'
void manager.run('judge', 'tea', { maxRetries: 3 });

// @ts-expect-error a failure is never dealt with by accident: the definition says how
hook<string, Say>({ combine: 'first-decisive', otherwise: goOn, refuse });
// @ts-expect-error and what stands for an answer that did not come
hook<string, Say>({ combine: 'first-decisive', onFailure: 'closed', otherwise: goOn });
// @ts-expect-error what nobody decides has an answer too
hook<string, Say>({ combine: 'first-decisive', onFailure: 'open', refuse });
// @ts-expect-error an answer that is combined has an action
hook<string, number>({ combine: 'first-decisive', onFailure: 'open', otherwise: 1, refuse: () => 1 });
const open = { combine: 'first-decisive', onFailure: 'open', otherwise: goOn } as const;
// @ts-expect-error the refusal is an answer of this hook
hook<string, Say>({ ...open, refuse: () => ({ action: 'x' }) });

definePlugin<typeof hooks>({
  name: 'a',
  version: '1.0.0',
  hooks: {
    // @ts-expect-error an action that the hook does not know
    judge: () => ({ action: 'approve' }),
    weigh: (_, context) => {
      expectTypeOf(factsOf<typeof hooks>(context)['judge']).toEqualTypeOf<Say | undefined>();
      return { action: 'continue', score: 1 };
    },
  },
});

const session = openScope<typeof hooks>('session');
expectTypeOf(openScope('message', session).facts['judge']).toEqualTypeOf<Say | undefined>();
void manager.run('judge', 'tea', { within: session });

// Types that are said first, with schemas that have to fit them.
hook<string, Say>({ ...open, refuse, request: z.string() });
// @ts-expect-error this schema makes something else of a request
hook<string, Say>({ ...open, refuse, request: z.number() });
// @ts-expect-error this schema lets through what is no answer
hook<string, Say>({ ...open, refuse, response: z.object({ action: z.literal('approve') }) });
