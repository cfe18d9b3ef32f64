import { describe, expect, it } from 'vitest';
import { Simple, type MetricsExporter, type MetricsSource } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { prometheusExporter } from 'plugboard/observability';
import { loud } from '../manager/plugins.ts';
import { managed } from '../support/managed.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryLogger } from '../support/memory-logger.ts';

/** An exporter that keeps what it is given. */
class Keeper implements MetricsExporter {
  readonly name = 'keeper';
  source: MetricsSource | undefined;
  stoppedWithMs: number | undefined;
  /** The calls it saw when it was stopped. */
  lastSeen: number | undefined;

  async start(source: MetricsSource): Promise<void> {
    this.source = source;
  }

  async stop(timeoutMs: number): Promise<void> {
    this.stoppedWithMs = timeoutMs;
    this.lastSeen = this.seen('plugin_requests_total');
  }

  seen(name: string): number {
    const points = this.source?.collect().find(({ descriptor }) => descriptor.name === name)?.points ?? [];
    return points.reduce((sum, { value }) => sum + value, 0);
  }
}

const simple = Simple<string, string>().withPlugin('auth', inProcess(loud));

describe('an exporter', () => {
  it('reads what is counted from the moment it is registered', async () => {
    const keeper = new Keeper();
    await using host = await managed(simple.withMetrics().build());
    await host.manager.execute('auth', 'hello');
    await host.manager.registerMetricsExporter(keeper);
    expect(keeper.seen('plugin_requests_total')).toBe(1);
    await host.manager.execute('auth', 'hello');
    expect(keeper.seen('plugin_requests_total')).toBe(2);
  });

  it('is told of the end when every call is counted, with what is left of the time', async () => {
    const clock = new ManualClock();
    const keeper = new Keeper();
    const host = await managed(simple.withClock(clock).withMetricsExporter(keeper).build());
    const call = host.manager.execute('auth', 'hello');
    await host.manager.shutdown({ timeoutMs: 4000 });
    await call;
    expect(keeper.stoppedWithMs).toBe(4000);
    expect(keeper.lastSeen).toBe(1);
  });

  it('has a second to hand out what is left, even where the shutdown is in a hurry', async () => {
    const keeper = new Keeper();
    const host = await managed(simple.withMetricsExporter(keeper).build());
    await host.manager.shutdown({ timeoutMs: 0 });
    expect(keeper.stoppedWithMs).toBe(1000);
  });

  it('cannot hold a shutdown: one that throws is logged, one that hangs is left', async () => {
    const clock = new ManualClock();
    const logger = new MemoryLogger();
    const thrower: MetricsExporter = {
      name: 'thrower',
      start: async () => {},
      stop() {
        throw new Error('no');
      },
    };
    const hanger: MetricsExporter = {
      name: 'hanger',
      start: async () => {},
      stop: () => new Promise(() => {}),
    };
    const { manager } = await managed(
      simple
        .withClock(clock)
        .withLogger(logger)
        .withMetricsExporter(thrower)
        .withMetricsExporter(hanger)
        .build(),
    );
    const ended = manager.shutdown({ timeoutMs: 3000 });
    await logger.until(({ fields }) => fields['exporter'] === 'thrower');
    clock.advance(3000);
    await ended;
    expect(logger.named('an exporter did not end well').map(({ fields }) => fields)).toEqual([
      { exporter: 'thrower', error: 'no' },
      { exporter: 'hanger', error: 'it was not over after 3000 ms' },
    ]);
    expect(clock.timersMs).toEqual([]);
  });

  it('that has no readable name cannot end the host', async () => {
    const nameless: MetricsExporter = {
      get name(): string {
        throw new Error('no name');
      },
      start: async () => {},
      stop: () => Promise.reject(new Error('no')),
    };
    const logger = new MemoryLogger();
    const { manager } = await managed(simple.withLogger(logger).withMetricsExporter(nameless).build());
    await manager.shutdown();
    expect(logger.named('an exporter did not end well')).toHaveLength(1);
  });

  it('that comes up when the manager has ended is stopped at once', async () => {
    const keeper = new Keeper();
    let up = (): void => {};
    keeper.start = () => new Promise((resolve) => (up = resolve));
    const { manager } = await managed(simple.withMetrics().build());
    const registered = manager.registerMetricsExporter(keeper);
    await manager.shutdown();
    expect(keeper.stoppedWithMs).toBe(undefined); // there was nothing to stop yet
    up();
    await expect(registered).rejects.toMatchObject({ code: 'PLUGIN_1208' });
    expect(keeper.stoppedWithMs).toBe(1000);
  });

  it('that cannot start is refused, and the manager goes on', async () => {
    await using host = await managed(simple.withMetrics().build());
    const broken: MetricsExporter = {
      name: 'broken',
      start: () => Promise.reject(new Error('no route')),
      stop: () => Promise.reject(new Error('never started')),
    };
    await expect(host.manager.registerMetricsExporter(broken)).rejects.toMatchObject({
      code: 'CONFIG_1703',
      message: expect.stringContaining('no route') as string,
    });
    expect(await host.manager.execute('auth', 'hello')).toBe('HELLO');
  });

  it('is refused by a manager that counts nothing, and by one that is shut down', async () => {
    await using host = await managed(simple.build());
    await expect(host.manager.registerMetricsExporter(new Keeper())).rejects.toMatchObject({
      code: 'CONFIG_1703',
      message: expect.stringContaining('withMetrics()') as string,
    });
    await host.manager.shutdown();
    await expect(host.manager.registerMetricsExporter(new Keeper())).rejects.toMatchObject({
      code: 'PLUGIN_1208',
    });
  });

  it('serves one manager', async () => {
    const exporter = prometheusExporter({ port: 0 });
    await using first = await managed(simple.withMetricsExporter(exporter).build());
    await first.manager.registerMetricsExporter(exporter); // again is nothing new
    await using second = await managed(simple.withMetrics().build());
    await expect(second.manager.registerMetricsExporter(exporter)).rejects.toMatchObject({
      code: 'CONFIG_1703',
    });
  });
});
