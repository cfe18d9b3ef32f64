import { expect, it } from 'vitest';
import type { ConnInfo } from '../../../transports/go-plugin/messages.ts';
import { Announced } from '../../../transports/go-plugin/serve-announced.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const info = (serviceId: number, address = '/tmp/plugin1'): ConnInfo => ({
  serviceId,
  network: 'unix',
  address,
});

/** What becomes of a question that waits. */
const outcome = (announced: Announced, id: number): Promise<unknown> =>
  announced.take(id).catch((error: unknown) => error);

const unheardOf = { code: 'PLUGIN_1205', context: { id: 1 } };

it('an id may be asked for before it is announced, or after', async () => {
  const announced = new Announced(new ManualClock());
  const asked = announced.take(1);
  announced.put(info(1));
  expect(await asked).toEqual(info(1));
  announced.put(info(2));
  expect(await announced.take(2)).toEqual(info(2));
});

it('nobody waits longer than five seconds for an id', async () => {
  const clock = new ManualClock();
  const announced = new Announced(clock);
  const asked = outcome(announced, 1);
  clock.advance(4999);
  announced.put(info(2));
  clock.advance(1);
  expect(await asked).toMatchObject(unheardOf);
  expect(await announced.take(2)).toEqual(info(2));
});

it('an id is good for once, and for five seconds', async () => {
  const clock = new ManualClock();
  const announced = new Announced(clock);
  announced.put(info(1));
  await announced.take(1);
  const again = outcome(announced, 1);
  clock.advance(5000);
  expect(await again).toMatchObject(unheardOf);
  announced.put(info(1));
  clock.advance(5000);
  const late = outcome(announced, 1);
  clock.advance(5000);
  expect(await late).toMatchObject(unheardOf);
});

it('what was said last of an id counts', async () => {
  const announced = new Announced(new ManualClock());
  announced.put(info(1, '/tmp/old'));
  announced.put(info(1, '/tmp/new'));
  expect(await announced.take(1)).toMatchObject({ address: '/tmp/new' });
});

it('a flood of ids is not kept', async () => {
  const clock = new ManualClock();
  const announced = new Announced(clock);
  for (let id = 1; id <= 1001; id++) announced.put(info(id));
  expect(await announced.take(1000)).toEqual(info(1000));
  const dropped = outcome(announced, 1001);
  clock.advance(5000);
  expect(await dropped).toMatchObject({ code: 'PLUGIN_1205' });
});
