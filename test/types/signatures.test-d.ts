// How applications write managers into their own signatures.
import { expectTypeOf } from 'vitest';
import { defineHooks, hook, Production, type PluginManager } from 'plugboard';
import { subprocess } from 'plugboard/transports';

interface Login {
  readonly user: string;
}
interface Verdict {
  readonly accept: boolean;
}

const hooks = defineHooks({ 'mail.rcptTo': hook<{ to: string }, Verdict>() });

async function signIn(plugins: PluginManager<Login, Verdict>, name: string): Promise<boolean> {
  return (await plugins.execute(name, { user: 'ada' })).accept;
}
async function judge(plugins: PluginManager<typeof hooks>): Promise<Verdict> {
  return plugins.call('policy', 'mail.rcptTo', { to: 'ada@example.org' });
}
async function onlyAuth(plugins: PluginManager<Login, Verdict, 'auth'>): Promise<Verdict> {
  return plugins.execute('auth', { user: 'ada' });
}

const source = subprocess('./plugin');
const single = await Production<Login, Verdict>()
  .withPlugin('auth', source)
  .withPlugin('backup', source)
  .build();
const mapped = await Production(hooks).withPlugin('policy', source).build();

// A manager whose names are known fits where they are not.
void signIn(single, 'auth');
void judge(mapped);
// @ts-expect-error a manager of hooks has no one question
void signIn(mapped, 'policy');
// @ts-expect-error a manager of one question has no hooks
void judge(single);
void onlyAuth(await Production<Login, Verdict>().withPlugin('auth', source).build());

// Another contract does not fit.
declare const others: PluginManager<{ token: string }, Verdict>;
// @ts-expect-error it asks something else
void signIn(others, 'auth');

expectTypeOf(single).toExtend<AsyncDisposable>();
expectTypeOf(single.shutdown()).resolves.toHaveProperty('cancelled');

// What can be seen of a plugin may be nothing.
const view = single.getPlugin('auth');
// @ts-expect-error there may be no such plugin
void view.pid;
expectTypeOf(view?.pid).toEqualTypeOf<number | undefined>();

// A state tells what it has only once it is known which it is.
declare const state: NonNullable<typeof view>['state'];
// @ts-expect-error only a plugin that is restarting or failed has an error
void state.error;
if (state.status === 'restarting') expectTypeOf(state.retryAt).toEqualTypeOf<Date>();
if (state.status === 'ready') expectTypeOf(state.since).toEqualTypeOf<Date>();

// The events know what they bring.
single.on('state', ({ plugin, to }) => {
  expectTypeOf(plugin).toEqualTypeOf<string>();
  expectTypeOf(to.status).toEqualTypeOf<
    'stopped' | 'starting' | 'ready' | 'restarting' | 'draining' | 'failed'
  >();
});
// @ts-expect-error there is no such event
single.on('exploded', () => {});
