import { serveGrpc, type GrpcServer } from 'plugboard/grpc';
import { grpc, type GrpcAuth } from 'plugboard/transports';
import { describe, expect, it } from 'vitest';
import { startError } from '../../support/start-error.ts';
import { echo, host } from './servers.ts';

interface Guarded {
  readonly server: GrpcServer;
  readonly seen: Readonly<Record<string, string>>[];
}

/** A server that keeps the headers of who comes, and lets in whom `isWelcome` says. */
async function guarded(
  isWelcome: (headers: Readonly<Record<string, string>>) => boolean = () => true,
  session = true,
): Promise<Guarded> {
  const seen: Readonly<Record<string, string>>[] = [];
  const authorize = (headers: Readonly<Record<string, string>>): boolean => {
    seen.push(headers);
    return isWelcome(headers);
  };
  return { server: await serveGrpc(echo, { authorize, session }), seen };
}

const methods: readonly (readonly [name: string, auth: GrpcAuth, headers: Record<string, string>])[] = [
  ['api-key', { method: 'api-key', apiKey: 'k-1' }, { 'x-api-key': 'k-1' }],
  ['bearer', { method: 'bearer', token: 't-1\n' }, { authorization: 'Bearer t-1' }],
  [
    'basic',
    { method: 'basic', username: 'ada', password: 'p:w' },
    { 'x-username': 'ada', 'x-password': 'p:w', authorization: 'Basic YWRhOnA6dw==' },
  ],
  ['custom', { method: 'custom', headers: { 'X-Tenant': 'acme' } }, { 'x-tenant': 'acme' }],
  [
    'bearer, with headers besides',
    { method: 'bearer', token: 't', headers: { 'x-tenant': 'acme' } },
    { authorization: 'Bearer t', 'x-tenant': 'acme' },
  ],
];

describe('authentication', () => {
  it.each(methods)('by %s arrives in its headers', async (_name, auth, headers) => {
    for (const session of [true, false]) {
      const { server, seen } = await guarded(undefined, session);
      await using _ = server;
      await using own = await host(grpc(server.endpoint, { auth }));
      expect(await own.manager.execute('subject', 'it')).toBe('subject heard it (1)');
      expect(seen.length).toBeGreaterThan(0);
      for (const one of seen) expect(one).toMatchObject(headers);
    }
  });

  it.each<readonly [GrpcAuth, string]>([
    [{ method: 'api-key' }, 'AUTH_1101'],
    [{ method: 'api-key', apiKey: '' }, 'AUTH_1101'],
    [{ method: 'bearer' }, 'AUTH_1102'],
    [{ method: 'basic', username: 'ada' }, 'AUTH_1103'],
    [{ method: 'basic', password: 'x' }, 'AUTH_1103'],
    [{ method: 'mtls', certFile: 'a.pem' }, 'AUTH_1104'],
    [{ method: 'kerberos' } as unknown as GrpcAuth, 'AUTH_1105'],
    [{ method: 'custom', headers: { 'grpc-timeout': '1S' } }, 'CONFIG_1703'],
    [{ method: 'custom', headers: { 'plugboard-plugin': 'another' } }, 'CONFIG_1703'],
    [{ method: 'custom', headers: { 'x-a': 'two\r\nlines' } }, 'CONFIG_1703'],
  ])('by %j is refused with %s', (auth, code) => {
    expect(() => grpc('localhost:1', { auth })).toThrow(expect.objectContaining({ code }));
  });

  it('that the server does not accept is TRANSPORT_1302, which is not tried again, and names no secret', async () => {
    for (const session of [true, false]) {
      const { server } = await guarded(() => false, session);
      await using _ = server;
      const error = await startError(grpc(server.endpoint, { auth: { method: 'bearer', token: 'hunter2' } }));
      expect(error).toMatchObject({ code: 'TRANSPORT_1302', retryable: false });
      expect(JSON.stringify([error.message, error.context])).not.toContain('hunter2');
    }
  });

  it('of a secret that no header can carry is refused and not shown', async () => {
    const error = await startError(grpc('127.0.0.1:1', { auth: { method: 'bearer', token: 'hünter2' } }));
    expect(error.code).toBe('AUTH_1102');
    expect(error.message).not.toContain('nter2');
  });

  it('reads a secret again for each call by itself, and for each new session', async () => {
    let token = 'first';
    const auth: GrpcAuth = { method: 'bearer', token: async () => token };
    const unary = await guarded(({ authorization }) => authorization === `Bearer ${token}`, false);
    await using _ = unary.server;
    await using own = await host(grpc(unary.server.endpoint, { auth }));
    token = 'second';
    expect(await own.manager.execute('subject', 'it')).toBe('subject heard it (1)');

    const session = await guarded(({ authorization }) => authorization === `Bearer ${token}`);
    const source = grpc(session.server.endpoint, { auth });
    await using second = await host(source);
    token = 'third';
    await second.manager.replace('subject', source);
    expect(await second.manager.execute('subject', 'it')).toBe('subject heard it (1)');
    expect(session.seen.map(({ authorization }) => authorization)).toEqual(['Bearer second', 'Bearer third']);
  });

  it('of a host that cannot be judged keeps it out', async () => {
    const authorize = (): boolean => {
      throw new Error('the directory is down');
    };
    await using server = await serveGrpc(echo, { authorize });
    expect(await startError(grpc(server.endpoint))).toMatchObject({ code: 'TRANSPORT_1302' });
  });
});
