import { Simple, type PluginManager } from 'plugboard';
import { serveGrpc, type GrpcServer } from 'plugboard/grpc';
import { grpc, type GrpcOptions } from 'plugboard/transports';
import { describe, expect, it } from 'vitest';
import { managed, type Managed } from '../../support/managed.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { relay, type Relay } from '../../support/relay.ts';

/** So many calls fill a connection. */
const full = 100;

/** A server that answers when it is told to, and a host of it whose connections are counted. */
interface Scene extends AsyncDisposable {
  readonly between: Relay;
  readonly clock: ManualClock;
  readonly log: MemoryLogger;
  readonly ask: (text: string, signal?: AbortSignal) => Promise<string>;
  /** Lets all that wait be answered. */
  readonly release: () => void;
  /** Resolves when so many calls have arrived. */
  readonly arrived: (calls: number) => Promise<void>;
  /** How many calls were given up. */
  readonly givenUp: () => number;
  /** Ends the host. */
  readonly end: () => Promise<unknown>;
}

async function scene(options: GrpcOptions): Promise<Scene> {
  const plugin = holding();
  const server = await serveGrpc<string, string>(plugin.spec);
  const between = await relay(server.port);
  const [clock, log] = [new ManualClock(), new MemoryLogger()];
  const building = Simple<string, string>()
    .withClock(clock)
    .withLogger(log)
    .withPlugin('subject', grpc(between.endpoint, options))
    .build();
  const host = await managed<PluginManager<string, string>>(building);
  return {
    between,
    clock,
    log,
    ask: (text, signal) => host.manager.execute('subject', text, signal === undefined ? {} : { signal }),
    release: plugin.release,
    arrived: plugin.arrived,
    givenUp: plugin.givenUp,
    end: () => host.manager.shutdown(),
    [Symbol.asyncDispose]: () => ended(host, between, server),
  };
}

async function ended(host: Managed<unknown>, between: Relay, server: GrpcServer): Promise<void> {
  await host[Symbol.asyncDispose]();
  await between[Symbol.asyncDispose]();
  await server.close(0);
}

/** A plugin that answers `hold` when it is released, and all else at once. */
function holding() {
  let release = (): void => {};
  let [seen, givenUp] = [0, 0];
  const released = new Promise<void>((resolve) => (release = resolve));
  return {
    release: () => release(),
    givenUp: () => givenUp,
    arrived: async (calls: number): Promise<void> => {
      await expect.poll(() => seen).toBe(calls);
    },
    spec: {
      name: 'holding',
      version: '1.0.0',
      async execute(text: string, { signal, remainingMs }: { signal: AbortSignal; remainingMs: number }) {
        seen++;
        signal.addEventListener('abort', () => givenUp++);
        if (text === 'hold') await released;
        return text === 'time' ? String(remainingMs <= 5000) : text.slice(0, 10);
      },
    },
  };
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

describe.each([true, false])('the connections of a host (session: %s)', (session) => {
  it('are one, unless it is told otherwise', async () => {
    await using own = await scene({ session });
    const held = times(2 * full + 1, () => own.ask('hold'));
    await own.arrived(held.length);
    own.release();
    await Promise.all(held);
    expect(own.between.most).toBe(1);
  });

  it('become more where each has its calls, and never more than maxConnections', async () => {
    await using own = await scene({ session, maxConnections: 2 });
    const held = times(full + 1, () => own.ask('hold'));
    await own.between.until(2);
    held.push(...times(2 * full, () => own.ask('hold')));
    await own.arrived(held.length);
    own.release();
    expect(await Promise.all(held)).toEqual(times(held.length, () => 'hold'));
    expect(own.between.most).toBe(2);
  });

  it('become fewer when they have carried no call for idleTimeoutMs, but for the first', async () => {
    await using own = await scene({ session, maxConnections: 3, idleTimeoutMs: 1000 });
    const held = times(full + 1, () => own.ask('hold'));
    await own.between.until(2);
    own.release();
    await Promise.all(held);
    await expect.poll(() => own.clock.timersMs).toContain(1000);
    own.clock.advance(999);
    expect(own.between.open).toBe(2);
    own.clock.advance(1);
    await own.between.until(1);
    expect(await own.ask('one more')).toBe('one more');
  });

  it('become fewer at once where more are idle than maxIdleConnections', async () => {
    await using own = await scene({ session, maxConnections: 2, maxIdleConnections: 1 });
    const held = times(full + 1, () => own.ask('hold'));
    await own.between.until(2);
    await expect.poll(() => own.clock.timersMs).toContain(30_000);
    own.release();
    await Promise.all(held);
    await own.between.until(1);
  });

  it('are gone when it has ended, and not made again', async () => {
    await using own = await scene({ session, maxConnections: 2 });
    const held = times(full + 1, () => own.ask('hold'));
    await own.between.until(2);
    own.release();
    await Promise.all(held);
    await own.end();
    await own.between.until(0);
    expect(own.between.made).toBe(2);
  });

  it('are as many as they were for calls that nobody waits for any more', async () => {
    await using own = await scene({ session, maxConnections: 2 });
    const abort = new AbortController();
    const held = times(full, () => own.ask('hold', abort.signal));
    await own.arrived(full);
    abort.abort();
    await Promise.allSettled(held);
    expect(await own.ask('one more')).toBe('one more');
    expect(own.between.most).toBe(1);
  });

  it('are as many as there are where another cannot be made, and the log says so', async () => {
    await using own = await scene({ session, maxConnections: 2 });
    own.between.refuse();
    const held = times(full + 1, () => own.ask('hold'));
    await own.log.until(({ message }) => message.startsWith('no further connection'));
    own.release();
    expect(await Promise.all(held)).toHaveLength(full + 1);
  });
});

describe.each([true, false])('a request (session: %s)', (session) => {
  it('that takes longer than requestTimeoutMs is PLUGIN_1204, may be repeated, and the plugin is told', async () => {
    await using own = await scene({ session, requestTimeoutMs: 200 });
    const held = own.ask('hold');
    held.catch(() => {});
    await own.arrived(1);
    own.clock.advance(200);
    await expect(held).rejects.toMatchObject({
      code: 'PLUGIN_1204',
      retryable: true,
      message: expect.stringContaining('200 ms') as string,
    });
    await expect.poll(() => own.givenUp()).toBe(1);
  });

  it('has that time as its deadline, if its caller has no less', async () => {
    await using own = await scene({ session, requestTimeoutMs: 5000 });
    expect(await own.ask('time')).toBe('true');
  });

  it('leaves no timer behind, whether it is answered or given up', async () => {
    await using own = await scene({ session, requestTimeoutMs: 5000 });
    const before = own.clock.timersMs.filter((ms) => ms === 5000).length;
    await own.ask('answered');
    const abort = new AbortController();
    const held = own.ask('hold', abort.signal);
    await own.arrived(2);
    abort.abort();
    await expect(held).rejects.toThrow('PLUGIN_1206');
    expect(own.clock.timersMs.filter((ms) => ms === 5000)).toHaveLength(before);
  });

  it('is compressed where the host is told to', async () => {
    const megabyte = 'x'.repeat(1_000_000);
    await using compressing = await scene({ session, compression: true });
    await using plain = await scene({ session });
    expect(await compressing.ask(megabyte)).toBe('xxxxxxxxxx');
    expect(await plain.ask(megabyte)).toBe('xxxxxxxxxx');
    expect(compressing.between.bytes).toBeLessThan(50_000);
    expect(plain.between.bytes).toBeGreaterThan(megabyte.length);
  });
});
