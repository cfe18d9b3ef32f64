// A source that says what it answers has to fit the contract; one that says nothing is taken at the builder's word.
import { definePlugin, defineHooks, hook, Simple, type Single } from 'plugboard';
import { inProcess, subprocess, worker } from 'plugboard/transports';

interface Mail {
  readonly from: string;
  readonly size: number;
}
interface Score {
  readonly score: number;
}

const simple = Simple<Mail, Score>();
const info = { name: 'plugin', version: '1.0.0' };

simple.withPlugin('said nothing', subprocess('./score'));
simple.withPlugin('claims it', subprocess<Single<Mail, Score>>('./score'));
simple.withPlugin('claims it', worker<Single<Mail, Score>>('./score.js'));
// @ts-expect-error it claims another request
simple.withPlugin('claims another', subprocess<Single<string, Score>>('./score'));
// @ts-expect-error it claims another answer
simple.withPlugin('claims another', worker<Single<Mail, string>>('./score.js'));

const exact = definePlugin({ ...info, execute: ({ size }: Mail): Score => ({ score: size }) });
simple.withPlugin('exact', inProcess(exact));
simple.withPlugin('exact, elsewhere', subprocess<NonNullable<(typeof exact)['contract']>>('./score'));

// A plugin that asks for less and answers more narrowly fits.
const asksLess = definePlugin({
  ...info,
  execute: (mail: { from: string }): Score => ({ score: mail.from.length }),
});
simple.withPlugin('asks less', inProcess(asksLess));
const answersMore = definePlugin({
  ...info,
  execute: (mail: Mail) => ({ score: mail.size, reason: 'large' }),
});
simple.withPlugin('answers more', inProcess(answersMore));

// The reverse does not.
const asksMore = definePlugin({
  ...info,
  execute: (mail: Mail & { body: string }): Score => ({ score: mail.body.length }),
});
// @ts-expect-error it needs a body that the host does not send
simple.withPlugin('asks more', inProcess(asksMore));
const answersLess = definePlugin({
  ...info,
  execute: ({ size }: Mail): { score?: number } => ({ score: size }),
});
// @ts-expect-error its answer may lack the score
simple.withPlugin('answers less', inProcess(answersLess));

// A plugin may answer some hooks of a map, or all, but none that the map does not have.
const hooks = defineHooks({ 'mail.rcptTo': hook<Mail, boolean>(), 'mail.data': hook<Mail, Score>() });
const mapped = Simple(hooks);
const some = definePlugin<typeof hooks>({ ...info, hooks: { 'mail.rcptTo': ({ size }) => size < 10 } });
mapped.withPlugin('some', inProcess(some));
// @ts-expect-error it answers one question, not hooks of this map
mapped.withPlugin('single', inProcess(exact));
const otherHooks = defineHooks({ 'mail.rcptTo': hook<number, boolean>() });
const other = definePlugin<typeof otherHooks>({ ...info, hooks: { 'mail.rcptTo': (size) => size < 10 } });
// @ts-expect-error its hook of the same name asks something else
mapped.withPlugin('other', inProcess(other));

// The same holds while the manager runs.
const manager = await simple.build();
await manager.register('exact', inProcess(exact));
// @ts-expect-error it needs a body that the host does not send
await manager.register('asks more', inProcess(asksMore));
