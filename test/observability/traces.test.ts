import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { PluginError, Simple, type PluginManager, type PluginSource, type Single } from 'plugboard';
import { inProcess, subprocess, worker } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { managed } from '../support/managed.ts';
import { otlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { expectNoChildren } from '../support/processes.ts';

afterEach(expectNoChildren);

const program = (name: string): string => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));

const traceId = '0af7651916cd43dd8448eb211c80319c';
const sampled = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: 'acme=1' };

/** The one span that fits. */
function only(spans: readonly ReceivedSpan[], name: string, kind: ReceivedSpan['kind']): ReceivedSpan {
  const [span, ...others] = spans.filter((one) => one.name === name && one.kind === kind);
  if (span === undefined || others.length > 0)
    throw new Error(`${others.length} more of '${name}' (${kind})`);
  return span;
}

function asking(receiver: OtlpReceiver, source: PluginSource<Single<string, unknown>>) {
  return Simple<string, unknown>()
    .withServices({ quota: ({ user }: { user: string }) => `${user} has 5 left` })
    .withPlugin('auth', source, { services: ['quota'] })
    .withTracing({ serviceName: 'host', endpoint: receiver.endpoint })
    .build();
}

describe('one trace', () => {
  type Env = Readonly<Record<string, string>>;
  const tracing: [string, (env: Env) => PluginSource<Single<string, unknown>>][] = [
    ['a child', (env) => subprocess(process.execPath, { args: [program('traced')], env })],
    ['a worker', (env) => worker(program('traced'), { env })],
  ];

  it.each(tracing)('goes from the host to %s that traces, and back to a service', async (_where, source) => {
    await using receiver = await otlpReceiver();
    const manager = await asking(receiver, source({ RECEIVER: receiver.endpoint }));
    expect(await manager.execute('auth', 'ada', sampled)).toBe('ada has 5 left');
    await manager.shutdown();
    const { spans } = receiver;
    const call = only(spans, 'auth/execute', 'client');
    const attempt = only(spans, 'auth/execute attempt', 'client');
    const served = only(spans, 'auth/execute', 'server');
    const own = only(spans, 'look up', 'internal');
    const service = only(spans, 'host/quota', 'server');
    expect(spans).toHaveLength(5);
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    expect([call, attempt, served, own, service].map((span) => span.parentSpanId)).toEqual([
      'b7ad6b7169203331',
      call.spanId,
      attempt.spanId,
      served.spanId,
      own.spanId,
    ]);
    expect([call, attempt, served, own, service].map((span) => span.service)).toEqual([
      'host',
      'host',
      'plugin',
      'plugin',
      'host',
    ]);
  });

  const places: [string, () => PluginSource<Single<string, unknown>>][] = [
    ['a child', () => subprocess(process.execPath, { args: [program('untraced')] })],
    ['a worker', () => worker(program('untraced'))],
    [
      'this process',
      () =>
        inProcess(
          answering<string, unknown>(async (user, { host, traceparent, tracestate, log }) => {
            log.info('asked');
            return { left: await host['quota']?.({ user }), traceparent, tracestate };
          }),
        ),
    ],
  ];

  it.each(places)('goes through a plugin in %s that does not trace', async (_where, source) => {
    await using receiver = await otlpReceiver();
    const manager = await asking(receiver, source());
    const answer = await manager.execute('auth', 'ada', sampled);
    await manager.shutdown();
    const { spans } = receiver;
    const attempt = only(spans, 'auth/execute attempt', 'client');
    const service = only(spans, 'host/quota', 'server');
    expect(spans).toHaveLength(3);
    expect(service.parentSpanId).toBe(attempt.spanId);
    expect(answer).toEqual({
      left: 'ada has 5 left',
      traceparent: `00-${traceId}-${attempt.spanId}-01`,
      tracestate: 'acme=1',
    });
  });

  it('is handed to a service, so that its own calls belong to it', async () => {
    await using receiver = await otlpReceiver();
    const manager: PluginManager<string, unknown> = await Simple<string, unknown>()
      .withServices({
        relay: (_request: unknown, { traceparent }): unknown =>
          manager.execute('last', 'x', traceparent === undefined ? {} : { traceparent }),
      })
      .withPlugin('first', inProcess(answering<string, unknown>((_text, { host }) => host['relay']?.({}))), {
        services: ['relay'],
      })
      .withPlugin('last', inProcess(answering<string, string>(() => 'done')))
      .withTracing({ endpoint: receiver.endpoint })
      .build();
    expect(await manager.execute('first', 'x')).toBe('done');
    await manager.shutdown();
    const service = only(receiver.spans, 'host/relay', 'server');
    expect(only(receiver.spans, 'last/execute', 'client').parentSpanId).toBe(service.spanId);
    expect(new Set(receiver.spans.map((span) => span.traceId)).size).toBe(1);
  });
});

describe('a span', () => {
  it('says what OpenTelemetry and plugboard say of a call, and how it failed, without secrets', async () => {
    await using receiver = await otlpReceiver();
    const source = subprocess<Single<string, unknown>>(process.execPath, {
      args: [program('traced')],
      env: { RECEIVER: receiver.endpoint },
    });
    const manager = await asking(receiver, source);
    await expect(manager.execute('auth', 'nobody')).rejects.toThrow('there is no such user');
    await manager.shutdown();
    const call = only(receiver.spans, 'auth/execute', 'client');
    expect(call.attributes).toEqual({
      'rpc.system.name': 'jsonrpc',
      'rpc.method': 'auth/execute',
      'plugboard.plugin': 'auth',
      'plugboard.transport': 'subprocess',
      'error.type': 'PLUGIN_1203',
    });
    expect(call.failed).toBe(true);
    expect(call.message).toBe('there is no such user; password=[redacted]');
    expect(call.scope).toBe('plugboard');
    const attempt = only(receiver.spans, 'auth/execute attempt', 'client');
    expect(attempt.attributes).toMatchObject({ 'plugboard.attempt': 1, 'plugboard.instance': 0 });
    expect(only(receiver.spans, 'auth/execute', 'server').failed).toBe(true);
  });

  it('is made for each attempt, and the call tells of its retries', async () => {
    await using receiver = await otlpReceiver();
    let asked = 0;
    const plugin = answering<string, string>(() => {
      if (++asked < 3) throw new PluginError('BUSY', { message: 'not now', retryable: true });
      return 'done';
    });
    const manager = await Simple<string, string>()
      .withPlugin('auth', inProcess(plugin), { retry: { initialDelayMs: 1, jitter: 0, budgetRatio: 10 } })
      .withTracing({ endpoint: receiver.endpoint })
      .build();
    expect(await manager.execute('auth', 'x')).toBe('done');
    await manager.shutdown();
    const call = only(receiver.spans, 'auth/execute', 'client');
    const attempts = receiver.spans.filter((span) => span.parentSpanId === call.spanId);
    expect(attempts.map(({ attributes, failed }) => [attributes['plugboard.attempt'], failed])).toEqual([
      [1, true],
      [2, true],
      [3, false],
    ]);
    expect(call.failed).toBe(false);
    expect(call.events).toEqual([
      {
        name: 'plugboard.retry',
        facts: { 'plugboard.after_attempt': 1, 'plugboard.delay_ms': 1, 'plugboard.code': 'BUSY' },
      },
      {
        name: 'plugboard.retry',
        facts: { 'plugboard.after_attempt': 2, 'plugboard.delay_ms': 2, 'plugboard.code': 'BUSY' },
      },
    ]);
  });

  it.each([
    ['back', -3_600_000],
    ['forward', 3_600_000],
  ])('lasts as long as it lasts, though the time of day is set %s meanwhile', async (_way, byMs) => {
    await using receiver = await otlpReceiver();
    const { now } = Date;
    const slow = answering<string, string>(async (text) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      Date.now = () => now() + byMs;
      return text;
    });
    const manager = await Simple<string, string>()
      .withPlugin('auth', inProcess(slow))
      .withTracing({ endpoint: receiver.endpoint })
      .build();
    try {
      await manager.execute('auth', 'x');
    } finally {
      Date.now = now;
    }
    await manager.shutdown();
    expect(receiver.spans).toHaveLength(2);
    for (const { durationMs } of receiver.spans) {
      expect(durationMs).toBeGreaterThan(25);
      expect(durationMs).toBeLessThan(60_000);
    }
  });

  it('tells of a limit, an open circuit and a restart', async () => {
    await using receiver = await otlpReceiver();
    const failing = answering<string, string>((text) => {
      if (text === 'fail') throw new Error('no');
      return text;
    });
    const manager = await Simple<string, string>()
      .withPlugin('limited', inProcess(failing), { rateLimit: { requestsPerSecond: 0.001, burstSize: 1 } })
      .withPlugin('broken', inProcess(failing), {
        circuitBreaker: { failureThreshold: 1, minRequestThreshold: 0 },
      })
      .withPlugin('mortal', worker<Single<string, string>>(program('mortal')), {
        retry: { initialDelayMs: 1 },
        restart: { initialDelayMs: 1 },
      })
      .withTracing({ endpoint: receiver.endpoint })
      .build();
    const ask = (plugin: string, text: string): Promise<unknown> =>
      manager.execute(plugin as 'limited', text).catch(() => undefined);
    for (const text of ['a', 'b']) await ask('limited', text);
    for (const text of ['fail', 'b']) await ask('broken', text);
    await ask('mortal', 'die');
    await manager.shutdown();
    const events = receiver.spans.flatMap((span) =>
      span.events.map(({ name, facts }) => `${span.name}: ${name} ${Object.values(facts).join(' ')}`),
    );
    expect(events).toContain('limited/execute: plugboard.limit rate');
    expect(events).toContain('broken/execute: plugboard.breaker open');
    expect(events).toContain('mortal/execute: plugboard.restart PLUGIN_1205');
  });
});

describe('sampling', () => {
  const plugin = answering<string, unknown>((_text, { traceparent }) => traceparent);

  it('keeps nothing at 0, and says so to the plugin; a call with a kept parent is kept', async () => {
    await using receiver = await otlpReceiver();
    const manager = await Simple<string, unknown>()
      .withPlugin('auth', inProcess(plugin))
      .withTracing({ endpoint: receiver.endpoint, sampleRate: 0 })
      .build();
    expect(await manager.execute('auth', 'x')).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/);
    expect(await manager.execute('auth', 'x', sampled)).toMatch(new RegExp(`^00-${traceId}-.*-01$`));
    await manager.shutdown();
    expect(receiver.spans.map(({ name }) => name).toSorted()).toEqual([
      'auth/execute',
      'auth/execute attempt',
    ]);
  });

  it('follows a parent that nobody keeps', async () => {
    await using receiver = await otlpReceiver();
    const manager = await Simple<string, unknown>()
      .withPlugin('auth', inProcess(plugin))
      .withTracing({ endpoint: receiver.endpoint })
      .build();
    await manager.execute('auth', 'x', { traceparent: `00-${traceId}-b7ad6b7169203331-00` });
    await manager.shutdown();
    expect(receiver.posts).toEqual([]);
  });

  it('begins a trace of its own for a parent that is none', async () => {
    await using receiver = await otlpReceiver();
    await using host = await managed(
      Simple<string, unknown>()
        .withPlugin('auth', inProcess(plugin))
        .withTracing({ endpoint: receiver.endpoint })
        .build(),
    );
    for (const traceparent of [
      '',
      'x',
      `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
      `ff-${traceId}-b7ad6b7169203331-01`,
    ])
      expect(await host.manager.execute('auth', 'x', { traceparent })).toMatch(/^00-(?!0{32}|0af76519)/);
  });
});

describe('enableTracing', () => {
  it('traces the calls that come after it', async () => {
    await using receiver = await otlpReceiver();
    const manager = await Simple<string, string>()
      .withPlugin('auth', inProcess(answering<string, string>((text) => text)))
      .build();
    await manager.execute('auth', 'before');
    await manager.enableTracing({ serviceName: 'mail', endpoint: receiver.endpoint, sampleRate: 1 });
    await manager.execute('auth', 'after');
    await manager.shutdown();
    expect(receiver.spans).toHaveLength(2);
    expect(receiver.spans[0]?.service).toBe('mail');
    await expect(manager.enableTracing()).rejects.toMatchObject({ code: 'PLUGIN_1208' });
  });

  it('refuses what has no meaning', async () => {
    const manager = await Simple<string, string>().build();
    const wrong = (options: object): Promise<unknown> => manager.enableTracing(options).catch(String);
    expect(await wrong({ endpoint: 'http://x:1', sampleRate: 2 })).toContain('sampleRate is 2');
    expect(await wrong({ sampleRate: 0.1 })).toContain('has no effect without endpoint');
    expect(await wrong({ endpoint: 'collector:4318' })).toContain('no http address');
    expect(await wrong({ endpoint: 'http://x:1', protocol: 'udp' })).toContain("no protocol 'udp'");
    await manager.shutdown();
  });

  it('is refused by build like everything else that is wrong', async () => {
    const building = Simple<string, string>().withTracing({ serviceName: 'mail' }).build();
    await expect(building).rejects.toMatchObject({ code: 'REGISTRY_1901' });
  });
});
