import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Simple, type OtlpProtocol, type TracingOptions } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { grpcReceiver } from '../support/grpc-receiver.ts';
import { otlpReceiver, spansIn } from '../support/otlp-receiver.ts';

/** How long one export may take, in milliseconds. */
const sendTimeoutMs = 10_000;

const plugin = answering<number, number>((n) => n * 2);

/** A host on a clock of the test's, whose traces go to an endpoint. */
async function tracedHost(endpoint: string, more: Partial<TracingOptions> = {}) {
  const clock = new ManualClock();
  const log = new MemoryLogger();
  const manager = await Simple<number, number>()
    .withClock(clock)
    .withLogger(log)
    .withPlugin('auth', inProcess(plugin))
    .withTracing({ endpoint, ...more })
    .build();
  const callOften = async (calls: number): Promise<void> => {
    for (let n = 0; n < calls; n++) expect(await manager.execute('auth', n)).toBe(2 * n);
  };
  return { clock, log, manager, callOften };
}

/** The port of a receiver that is not there any more. */
async function freePort(): Promise<number> {
  await using receiver = await otlpReceiver();
  return receiver.port;
}

/** How many spans the log says were dropped. */
function dropped(log: MemoryLogger): number {
  return Math.max(0, ...log.records.map(({ fields }) => Number(fields['dropped'] ?? 0)));
}

/** Lets sockets do their work until something holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('spans', () => {
  it.each<OtlpProtocol>(['http/protobuf', 'http/json'])(
    'arrive as %s, with the headers',
    async (protocol) => {
      await using receiver = await otlpReceiver();
      const { manager, callOften } = await tracedHost(receiver.endpoint, {
        protocol,
        headers: { 'api-key': 'k1' },
        serviceName: 'mail',
      });
      await callOften(3);
      await manager.shutdown();
      expect(receiver.spans).toHaveLength(6);
      expect(receiver.spans.every(({ durationMs, service }) => durationMs >= 0 && service === 'mail')).toBe(
        true,
      );
      expect(receiver.posts[0]).toMatchObject({ path: '/v1/traces', headers: { 'api-key': 'k1' } });
    },
  );

  it('arrive over gRPC, with the headers as metadata', async () => {
    await using receiver = await grpcReceiver();
    const { manager, callOften } = await tracedHost(receiver.endpoint, {
      protocol: 'grpc',
      headers: { 'api-key': 'k1' },
    });
    await callOften(3);
    await manager.shutdown();
    expect(receiver.exports).toHaveLength(1);
    const [sent] = receiver.exports;
    expect(sent?.path).toBe('/opentelemetry.proto.collector.trace.v1.TraceService/Export');
    expect(sent?.metadata.get('api-key')).toEqual(['k1']);
    expect(spansIn(sent?.body ?? Buffer.alloc(0))).toHaveLength(6);
  });

  it('leave in batches, the last ones after 5 s', async () => {
    await using receiver = await otlpReceiver();
    const { clock, manager, callOften } = await tracedHost(`${receiver.endpoint}/v1/traces`);
    await callOften(256);
    await receiver.until(() => true, 512);
    await callOften(1);
    expect(receiver.posts.map(({ path }) => path)).toEqual(['/v1/traces']);
    clock.advance(5000);
    await receiver.until(() => true, 514);
    await manager.shutdown();
  });

  it('wait in bounded number while the receiver is away, and arrive when it is back; the others are counted', async () => {
    const port = await freePort();
    const { clock, log, manager, callOften } = await tracedHost(`http://127.0.0.1:${port}`);
    await callOften(5000);
    await until(() => clock.timersMs.includes(1000));
    for (let second = 0; second < 300; second++) {
      clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await using receiver = await otlpReceiver(port);
    await until(() => {
      const isSending = clock.timersMs.includes(sendTimeoutMs);
      if (!isSending) clock.advance(30_000);
      return log.named('the OTLP receiver takes spans again').length === 1;
    });
    await callOften(1);
    await manager.shutdown();
    expect(receiver.spans.length).toBeLessThanOrEqual(2048 + 512 + 2);
    expect(receiver.spans.length + dropped(log)).toBe(10_002);
    const warnings = log.records.filter(({ level }) => level === 'warn');
    expect(warnings.length).toBeLessThanOrEqual(7); // one a minute
  });

  it('are given up where the receiver refuses them or leaves some out', async () => {
    await using receiver = await otlpReceiver();
    const { log, manager, callOften } = await tracedHost(receiver.endpoint);
    receiver.answer(400);
    await callOften(256);
    await log.until(({ message }) => message === 'spans were dropped');
    expect(dropped(log)).toBe(512);
    // ExportTraceServiceResponse { partial_success { rejected_spans: 7 } }
    receiver.answer(200, {}, new Uint8Array([0x0a, 0x02, 0x08, 0x07]));
    await callOften(1);
    await manager.shutdown();
    await manager.shutdown();
    expect(receiver.posts).toHaveLength(2);
  });

  it('are offered again when the receiver asks for time', async () => {
    await using receiver = await otlpReceiver();
    const { clock, manager, callOften } = await tracedHost(receiver.endpoint);
    receiver.answer(503, { 'retry-after': '20' });
    await callOften(256);
    await until(() => clock.timersMs.includes(20_000));
    receiver.answer(200);
    clock.advance(19_999);
    expect(receiver.posts).toHaveLength(1);
    clock.advance(1);
    await receiver.until(() => true, 512);
    await manager.shutdown();
  });
});

describe('a shutdown', () => {
  it('hands out what is left', async () => {
    await using receiver = await otlpReceiver();
    const { manager, callOften } = await tracedHost(receiver.endpoint);
    await callOften(700);
    await manager.shutdown();
    expect(receiver.spans).toHaveLength(1400);
  });

  it.each<OtlpProtocol>(['http/protobuf', 'grpc'])(
    'is over in its time when the receiver never answers, by %s',
    async (protocol) => {
      let connections = 0;
      const mute = createServer(() => connections++);
      await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
      const { port } = mute.address() as AddressInfo;
      const { clock, log, manager, callOften } = await tracedHost(`http://127.0.0.1:${port}`, { protocol });
      await callOften(700);
      const over = manager.shutdown({ timeoutMs: 2000 });
      await until(() => connections > 0);
      clock.advance(2000);
      await over;
      expect(dropped(log)).toBe(1400);
      expect(clock.keepingAlive).toBe(0);
      mute.close();
    },
  );

  it('does not wait for a receiver that is away', async () => {
    const { log, manager, callOften } = await tracedHost(`http://127.0.0.1:${await freePort()}`);
    await callOften(5);
    await manager.shutdown({ timeoutMs: 60_000 });
    expect(dropped(log)).toBe(10);
  });
});
