import { expect } from 'vitest';
import type { Case } from '../behaviour.ts';

const said = {
  requestId: 'request-7',
  headers: { tenant: 'acme', 'x-empty': '' },
  metadata: { depth: { of: ['metadata'] } },
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=1',
};

/** What a handler knows, and whom it can ask. */
export const contextCases: readonly Case[] = [
  {
    name: 'the plugin sees how much time is left',
    async run({ ask }) {
      const { remainingMs } = (await ask('context', {}, { timeoutMs: 20_000 })) as { remainingMs: number };
      expect(remainingMs).toBeGreaterThan(10_000);
      expect(remainingMs).toBeLessThanOrEqual(20_000);
    },
  },
  {
    name: 'the plugin sees request id, headers and metadata',
    async run({ ask }) {
      const { requestId, headers, metadata } = said;
      expect(await ask('context', {}, said)).toMatchObject({ requestId, headers, metadata });
    },
  },
  {
    name: 'a call without facts has a request id of its own, and empty headers and metadata',
    async run({ ask }) {
      const first = (await ask('context')) as { requestId: string };
      const second = (await ask('context')) as { requestId: string };
      expect(first).toMatchObject({
        requestId: expect.stringMatching(/./) as string,
        headers: {},
        metadata: {},
      });
      expect(second.requestId).not.toBe(first.requestId);
    },
  },
  {
    name: 'the context has everything the caller said',
    async run({ ask }) {
      expect(await ask('context', {}, said)).toMatchObject({
        ...said,
        plugin: 'subject',
        hook: 'execute',
        attempt: 1,
      });
    },
  },
  {
    name: 'the services of the host answer',
    async run({ ask }) {
      expect(await ask('service', { service: 'double', value: 21 })).toEqual({ answer: 42 });
      expect(await ask('service', { service: 'whoAsks' })).toEqual({ answer: 'subject' });
    },
  },
  {
    name: 'a service the plugin may not use is RPC_2007',
    async run({ ask }) {
      expect(await ask('service', { service: 'secret' })).toMatchObject({
        code: 'RPC_2007',
        message: expect.stringContaining('secret') as string,
      });
    },
  },
  {
    name: 'a service that does not exist is RPC_2007',
    async run({ ask }) {
      for (const service of ['nothing', 'toString', 'constructor', '__proto__']) {
        expect(await ask('service', { service })).toMatchObject({ code: 'RPC_2007' });
      }
    },
  },
];
