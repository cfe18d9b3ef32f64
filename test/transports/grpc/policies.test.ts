import { PluginError, Simple, type PluginManager } from 'plugboard';
import { serveGrpc } from 'plugboard/grpc';
import { grpc } from 'plugboard/transports';
import { describe, expect, it } from 'vitest';
import { managed } from '../../support/managed.ts';
import { otlpReceiver } from '../../support/otlp-receiver.ts';
import { host } from './servers.ts';

/** Answers from the third attempt on, never, when it is told to, or with its place in a trace. */
async function serveMoods(release = Promise.resolve()) {
  const server = await serveGrpc<string, string>({
    name: 'moods',
    version: '1.0.0',
    async execute(mood, { attempt, traceparent }) {
      if (mood === 'never') throw new Error('not today');
      if (mood === 'shy' && attempt < 3)
        throw new PluginError('DATABASE_AWAY', { message: 'later', retryable: true });
      if (mood === 'slow') await release;
      return mood === 'traced' ? (traceparent ?? 'nowhere') : `${mood} at attempt ${attempt}`;
    },
  });
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close(0) });
}

describe.each([true, false])('a plugin over gRPC (session: %s) has what every plugin has:', (session) => {
  it('retries and a circuit breaker', async () => {
    await using server = await serveMoods();
    const settings = { retry: { initialDelayMs: 1 }, circuitBreaker: { failureThreshold: 3 } };
    await using plugin = await host(grpc(`127.0.0.1:${server.port}`, { session }), settings);
    const ask = (mood: string) => plugin.manager.execute('subject', mood);
    expect(await ask('shy')).toBe('shy at attempt 3');
    for (let times = 0; times < 3; times++) await expect(ask('never')).rejects.toThrow('PLUGIN_1203');
    await expect(ask('calm')).rejects.toThrow('CIRCUIT_1401');
  });

  it('a limit of concurrency', async () => {
    let release = (): void => {};
    await using server = await serveMoods(new Promise((resolve) => (release = resolve)));
    const settings = { concurrency: { maxConcurrent: 1, maxQueue: 0 } };
    await using plugin = await host(grpc(`127.0.0.1:${server.port}`, { session }), settings);
    const slow = plugin.manager.execute('subject', 'slow');
    await expect(plugin.manager.execute('subject', 'calm')).rejects.toThrow('PLUGIN_1212');
    release();
    expect(await slow).toBe('slow at attempt 1');
  });

  it('metrics with its bytes, and traces', async () => {
    await using server = await serveMoods();
    await using receiver = await otlpReceiver();
    const source = grpc(`127.0.0.1:${server.port}`, { session });
    await using plugin = await managed<PluginManager<string, string>>(
      Simple<string, string>()
        .withMetrics()
        .withTracing({ serviceName: 'host', endpoint: receiver.endpoint })
        .withPlugin('subject', source)
        .build(),
    );
    await plugin.manager.execute('subject', 'x'.repeat(100_000));
    const { sentBytes, receivedBytes, requestsTotal } = plugin.manager.metrics()?.plugins['subject'] ?? {};
    expect(requestsTotal).toBe(1);
    expect(sentBytes).toBeGreaterThan(100_000);
    expect(receivedBytes).toBeGreaterThan(100_000);
    const told = await plugin.manager.execute('subject', 'traced');
    await plugin.manager.shutdown();
    const places = receiver.spans
      .filter(({ name }) => name === 'subject/execute attempt')
      .map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`);
    expect(places).toContain(told);
  });
});
