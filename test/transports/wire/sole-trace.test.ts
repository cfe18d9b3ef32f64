import { createHook } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { silentLogger, systemClock, type ChannelCall, type OpenSetup } from 'plugboard';
import { describe, expect, it } from 'vitest';
import { HostSession } from '../../../transports/wire/host-session.ts';
import type { Wire, WireReceiver } from '../../../transports/wire/messages.ts';

const setup: OpenSetup = {
  plugin: 'auth',
  hooks: ['execute'],
  config: undefined,
  startTimeoutMs: 1000,
  clock: systemClock,
  logger: silentLogger,
  callHost: () => Promise.resolve(),
  services: [],
  launch: undefined,
  signal: new AbortController().signal,
};

const of = (trace: string): string => `00-${trace.repeat(32)}-b7ad6b7169203331-01`;

const callIn = (traceparent: string | undefined): ChannelCall => ({
  hook: 'execute',
  request: '',
  requestId: '1',
  attempt: 1,
  remainingMs: Infinity,
  headers: undefined,
  metadata: undefined,
  traceparent,
  tracestate: undefined,
  onCancel: undefined,
  cancelled: undefined,
  onProgress: undefined,
});

/** A session whose plugin answers when the test does. */
function session({ tellsTraces } = { tellsTraces: true }) {
  let receiver: WireReceiver | undefined;
  const wire: Wire = { start: (to) => (receiver = to), send() {}, settle() {}, end() {}, destroy() {} };
  const host = new HostSession(wire, setup, { ended() {}, log() {} });
  const call = (traceparent: string | undefined): void => void host.call(callIn(traceparent)).catch(() => {});
  return {
    host,
    soleTrace: tellsTraces ? host.soleTrace() : () => undefined,
    call,
    answer: (id: number) => receiver?.message({ id, result: '' }),
  };
}

describe('the trace of what a plugin prints', () => {
  it('is that of the one call that runs, from the turn after it was sent until its answer', async () => {
    const { soleTrace, call, answer } = session();
    call(of('a'));
    expect(soleTrace()).toBeUndefined(); // what is read now was printed before
    await setImmediate();
    expect(soleTrace()).toMatchObject({ traceparent: of('a') });
    answer(1);
    expect(soleTrace()).toBeUndefined();
    call(of('b'));
    expect(soleTrace()).toBeUndefined();
    await setImmediate();
    expect(soleTrace()).toMatchObject({ traceparent: of('b') });
  });

  it('is none while several run, traced or not, whoever asked last', async () => {
    const { soleTrace, call, answer } = session();
    call(of('a'));
    call(undefined);
    await setImmediate();
    expect(soleTrace()).toBeUndefined();
    answer(2);
    expect(soleTrace()).toMatchObject({ traceparent: of('a') });
  });

  it('is none of a call that is not traced; a health check beside it changes nothing', async () => {
    const { host, soleTrace, call, answer } = session();
    call(undefined);
    await setImmediate();
    expect(soleTrace()).toBeUndefined();
    answer(1);
    call(of('a'));
    void host.health().catch(() => {});
    await setImmediate();
    expect(soleTrace()).toMatchObject({ traceparent: of('a') });
  });

  it('is not kept where no transport asks for it', () => {
    const made: string[] = [];
    const watch = createHook({ init: (_id, type) => void made.push(type) }).enable();
    session({ tellsTraces: false }).call(of('a'));
    expect(made).not.toContain('Immediate');
    session({ tellsTraces: true }).call(of('a'));
    watch.disable();
    expect(made).toContain('Immediate');
  });
});
