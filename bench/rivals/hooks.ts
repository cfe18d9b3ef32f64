import { createHooks } from 'hookable';
import { AsyncSeriesBailHook, SyncBailHook } from 'tapable';
import type { Contender } from '../measure/race.ts';

/** What is asked and said in this race. */
export interface Say {
  readonly action: 'continue' | 'reject';
}

/** A plugin's answer, at once or later. */
export type Handler = (request: number) => Say | Promise<Say>;

/** What stands beside a hook with these handlers: a loop that stops at a decision, and two libraries. */
export function hookRivals(handlers: readonly Handler[], isSync: boolean): Contender[] {
  return [loop(handlers, isSync), hookable(handlers), isSync ? tapable(handlers) : tapableLater(handlers)];
}

function loop(handlers: readonly Handler[], isSync: boolean): Contender {
  const run = async (calls: number): Promise<void> => {
    for (let call = 0; call < calls; call++) {
      for (const handler of handlers) {
        const said = handler(call);
        if ((isSync ? (said as Say) : await said).action === 'reject') break;
      }
    }
  };
  return { name: 'a bare loop', run };
}

/** It has no answers that end a chain: all are called. */
function hookable(handlers: readonly Handler[]): Contender {
  const hooks = createHooks<{ judge: (request: number) => void | Promise<void> }>();
  for (const handler of handlers) hooks.hook('judge', handler as (request: number) => void);
  const run = async (calls: number): Promise<void> => {
    for (let call = 0; call < calls; call++) {
      const done: unknown = hooks.callHook('judge', call);
      if (done instanceof Promise) await done;
    }
  };
  return { name: 'hookable', run };
}

/** It compiles each hook into a function of its own; `undefined` goes on. */
function tapable(handlers: readonly Handler[]): Contender {
  const hook = new SyncBailHook<[number], Say | undefined>(['request']);
  for (const [index, handler] of handlers.entries())
    hook.tap(String(index), (request) => decision(handler(request) as Say));
  const run = async (calls: number): Promise<void> => {
    for (let call = 0; call < calls; call++) hook.call(call);
  };
  return { name: 'tapable', run };
}

function tapableLater(handlers: readonly Handler[]): Contender {
  const hook = new AsyncSeriesBailHook<[number], Say | undefined>(['request']);
  for (const [index, handler] of handlers.entries())
    hook.tapPromise(String(index), async (request) => decision(await handler(request)));
  const run = async (calls: number): Promise<void> => {
    for (let call = 0; call < calls; call++) await hook.promise(call);
  };
  return { name: 'tapable', run };
}

function decision(said: Say): Say | undefined {
  return said.action === 'reject' ? said : undefined;
}
