import { Simple, type InstancesSettings, type PluginSettings } from 'plugboard';
import { Puppet } from '../manager/puppet.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { endOnClock } from './on-manual-clock.ts';

/** Several instances of one plugin; each call says which one answered it, when the test lets it. */
export async function setOf(
  instances: number | InstancesSettings,
  settings: PluginSettings<never> = {},
  answer: (instance: number) => number = (instance) => instance,
) {
  const clock = new ManualClock();
  const puppet = new Puppet();
  const held: (() => void)[] = [];
  const { manager, ...running } = await managed(
    Simple<string, number>()
      .withClock(clock)
      .withPlugin('auth', puppet, { ...settings, instances })
      .build(),
  );
  const host = { manager, [Symbol.asyncDispose]: () => endOnClock(running, clock) };
  // which instance is asked cannot be told by the plugin itself: a channel knows only its own process
  for (const [index, channel] of puppet.channels.entries()) {
    channel.call = (call) => {
      if (call.request !== 'hold') return answer(index);
      return new Promise((resolve) => void held.push(() => resolve(index)));
    };
  }
  const call = (request = 'answer'): Promise<number> => {
    const ended = manager.execute('auth', request);
    ended.catch(() => {});
    return ended;
  };
  const active = (): number[] =>
    (manager.getPlugin('auth')?.instances ?? []).map(({ calls }) => calls.active);
  const started = (): number[] =>
    (manager.getPlugin('auth')?.instances ?? []).map(({ calls }) => calls.started);
  return { clock, puppet, host, call, active, started, letGo: () => held.shift()?.() };
}
