// Plugin names: known ones are checked by the compiler, unknown ones at run time.
import { expectTypeOf } from 'vitest';
import { Simple, type PluginManager } from 'plugboard';
import { subprocess } from 'plugboard/transports';

const source = subprocess('./plugin');
const builder = Simple<string, number>().withPlugin('auth', source).withPlugin('mail', source);
const manager = await builder.build();

void manager.execute('auth', 'hello');
// @ts-expect-error no plugin of that name was registered
void manager.execute('aut', 'hello');
// @ts-expect-error nor can it be unregistered
void manager.unregister('aut');

// @ts-expect-error a name can be used once
builder.withPlugin('auth', source);
// The compiler says so in words: the type of the name is our sentence.
expectTypeOf<
  Parameters<typeof builder.withPlugin<'auth'>>[0]
>().toEqualTypeOf<"plugin 'auth' is already registered">();
expectTypeOf<Parameters<typeof builder.withPlugin<'new'>>[0]>().toEqualTypeOf<'new'>();

// A builder can be branched; its branches do not know each other's names.
const left = await builder.withPlugin('left', source).build();
const right = await builder.withPlugin('right', source).build();
void left.execute('left', 'hello');
void right.execute('right', 'hello');
// @ts-expect-error that plugin is on the other branch
void left.execute('right', 'hello');

// A name that the compiler does not know is let through, and from then on every name is.
const fromOutside: string = 'auth';
const open = await builder.withPlugin(fromOutside, source).build();
void open.execute('whatever', 'hello');

// register gives the manager under a type that knows the new name.
const grown = await manager.register('late', source);
void grown.execute('late', 'hello');
void grown.execute('auth', 'hello');
// @ts-expect-error the manager of before does not know the new name
void manager.execute('late', 'hello');

// has tells the compiler, too.
if (manager.has(fromOutside)) void manager.execute(fromOutside, 'hello');
// @ts-expect-error without the question the name is only text
void manager.execute(fromOutside, 'hello');

// A manager without plugins has no name to call.
const empty = await Simple<string, number>().build();
// @ts-expect-error there is no plugin yet
void empty.execute('auth', 'hello');
expectTypeOf(empty).toExtend<PluginManager<string, number, never>>();
