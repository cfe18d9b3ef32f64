// Names that only a configuration knows: `dynamic()` lets every one through, the manager itself none.
import { expectTypeOf } from 'vitest';
import { Auto, defineHooks, hook, Simple, type PluginManager } from 'plugboard';
import { subprocess } from 'plugboard/transports';

const source = subprocess('./plugin');
const configured = await Simple<string, number>()
  .withPlugin('auth', source)
  .withConfig('./plugins.yaml')
  .build();

void configured.execute('auth', 'hello');
// @ts-expect-error what a file names is not known to the compiler
void configured.execute('score', 'hello');
// @ts-expect-error nor can it be drained
void configured.drain('score');

const dynamic = configured.dynamic();
expectTypeOf(dynamic).toEqualTypeOf<PluginManager<string, number>>();
const fromOutside: string = 'score';
expectTypeOf(dynamic.execute(fromOutside, 'hello')).toEqualTypeOf<Promise<number>>();
void dynamic.drain('score');
// @ts-expect-error the question stays the contract's
void dynamic.execute('score', 7);
// @ts-expect-error a name is text
void dynamic.execute(7, 'hello');

// What is found in folders has no names either.
const found = await Auto<string, number>().fromDirectory('./plugins').withPattern('*-plugin').build();
// @ts-expect-error which plugins are found is seen at run time
void found.execute('score-plugin', 'hello');
void found.dynamic().execute('score-plugin', 'hello');
expectTypeOf(Simple<string, number>()).not.toHaveProperty('fromDirectory');

// Hooks keep their types under any name.
const hooks = defineHooks({ 'mail.data': hook<{ text: string }, { accept: boolean }>() });
const mail = (await Simple(hooks).withConfig({ plugins: [] }).build()).dynamic();
expectTypeOf(mail.call('any', 'mail.data', { text: 'hello' })).toEqualTypeOf<Promise<{ accept: boolean }>>();
// @ts-expect-error the map has no such hook
void mail.call('any', 'mail.dat', { text: 'hello' });

// A configuration is a path or an object, and how it is read has its own names.
Simple<string, number>().withConfig('./plugins.yaml', { lenient: true, defaults: { PORT: '1' } });
// @ts-expect-error it is neither
Simple<string, number>().withConfig(7);
// @ts-expect-error there is no such wish
Simple<string, number>().withConfig('./plugins.yaml', { lenien: true });
// @ts-expect-error values of variables are text
Simple<string, number>().withConfig('./plugins.yaml', { overrides: { PORT: 1 } });
