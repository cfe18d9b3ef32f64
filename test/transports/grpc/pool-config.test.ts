import { definePlugin, Simple } from 'plugboard';
import { serveGrpc } from 'plugboard/grpc';
import { grpc } from 'plugboard/transports';
import { expect, it } from 'vitest';
import { managed } from '../../support/managed.ts';
import { relay } from '../../support/relay.ts';

/** So many calls fill a connection. */
const full = 100;

/** A server that holds calls and starts until they are let go, and notes what config it was given how. */
function noting() {
  const seen: string[] = [];
  let [release, letStart] = [(): void => {}, (): void => {}];
  const released = new Promise<void>((resolve) => (release = resolve));
  const started = new Promise<void>((resolve) => (letStart = resolve));
  const plugin = definePlugin({
    name: 'noting',
    version: '1.0.0',
    async initialize({ config }) {
      seen.push(`start ${String(config)}`);
      if (seen.length > 1) await started;
    },
    configure(config) {
      seen.push(`change ${String(config)}`);
      const isSecond = seen.filter((one) => one === `change ${String(config)}`).length > 1;
      if (config === 'refused' || (config === 'refused later' && isSecond)) throw new Error('not that');
    },
    execute: async (text: string) => {
      if (text === 'hold') await released;
      return text;
    },
  });
  return { plugin, seen, release: () => release(), letStart: () => letStart() };
}

async function scene() {
  const { plugin, ...noted } = noting();
  const server = await serveGrpc(plugin);
  const between = await relay(server.port);
  const source = grpc(between.endpoint, { maxConnections: 2 });
  const building = Simple<string, string>().withPlugin('subject', source, { config: 'first' }).build();
  const host = await managed(building);
  const held: Promise<string>[] = [];
  const { manager } = host;
  return {
    ...noted,
    between,
    manager,
    /** Makes another connection begin. */
    fill: () => {
      for (let call = 0; call <= full; call++) held.push(manager.execute('subject', 'hold'));
      void Promise.allSettled(held); // a test that fails says why itself
    },
    [Symbol.asyncDispose]: async () => {
      noted.release();
      await Promise.allSettled(held);
      await host[Symbol.asyncDispose]();
      await between[Symbol.asyncDispose]();
      await server.close(0);
    },
  };
}

it('a config that was refused is given to no further connection', async () => {
  await using own = await scene();
  own.letStart();
  await expect(own.manager.reconfigure('subject', { config: 'refused' })).rejects.toThrow('not that');
  own.fill();
  await own.between.until(2);
  await expect.poll(() => own.seen.length).toBe(3);
  expect(own.seen).toEqual(['start first', 'change refused', 'start first']);
});

it('a connection that begins while the config changes is told of the new one', async () => {
  await using own = await scene();
  own.fill();
  await expect.poll(() => own.seen).toEqual(['start first', 'start first']);
  await own.manager.reconfigure('subject', { config: 'second' });
  own.letStart();
  await expect.poll(() => own.seen.slice(2)).toEqual(['change second', 'change second']);
  expect(own.between.open).toBe(2);
});

it('a connection that does not take the config of the others is closed', async () => {
  await using own = await scene();
  own.fill();
  await expect.poll(() => own.seen).toHaveLength(2);
  await own.manager.reconfigure('subject', { config: 'refused later' });
  own.letStart();
  await own.between.until(1);
  expect(await own.manager.execute('subject', 'it')).toBe('it');
});

it('a connection that is there already and does not take the config of the first is closed', async () => {
  await using own = await scene();
  own.letStart();
  own.fill();
  await own.between.until(2);
  await expect.poll(() => own.seen).toHaveLength(2);
  own.release();
  await own.manager.execute('subject', 'it');
  await own.manager.reconfigure('subject', { config: 'refused later' });
  await own.between.until(1);
  expect(own.manager.listPlugins()[0]?.state.status).toBe('ready');
});
