import { describe, expect, it } from 'vitest';
import type { Launch } from 'plugboard';
import { parseWhitelist } from 'plugboard/security';
import { noEvidence } from '../../../security/start/evidence.ts';
import { certificatesFor, judge } from '../../../security/whitelist/judge.ts';

const one = 'ab'.repeat(32);
const other = 'cd'.repeat(32);

const whitelist = await parseWhitelist(
  JSON.stringify({
    plugins: {
      auth: { type: 'grpc', allowedEndpoints: ['Auth.example:50051', 'unix:///run/auth.sock', '[::1]:9000'] },
      pinned: { allowedEndpoints: ['auth:1'], certificateSha256: [one, `sha256:${other.toUpperCase()}`] },
      single: { allowedEndpoints: ['auth:1'], certificateSha256: one },
    },
  }),
  '/etc/plugins.whitelist',
);

const at = (endpoint: string, certificateSha256?: string[]): Launch => ({
  kind: 'endpoint',
  endpoint,
  certificateSha256,
});
const kinds = (plugin: string, launch: Launch): string[] =>
  judge(whitelist, plugin, noEvidence(launch)).map(({ kind }) => kind);

describe('an endpoint', () => {
  it.each([
    'auth.example:50051',
    'AUTH.EXAMPLE:50051',
    'dns:///auth.example:50051',
    'auth.example.:50051',
    'unix:/run/auth.sock',
    'ipv6:[::1]:9000',
  ])('may be spelled %s', (endpoint) => {
    expect(kinds('auth', at(endpoint))).toEqual([]);
  });

  it.each([
    'auth.example:50052',
    'auth.example',
    'evil.example:50051',
    'auth.example:50051@evil:1',
    'unix:/run/other.sock',
    '',
  ])('may not be %j', (endpoint) => {
    expect(kinds('auth', at(endpoint))).toEqual(['endpoint_not_allowed']);
  });

  it('may be one of several, if all of them are allowed', () => {
    expect(kinds('auth', at('auth.example:50051,unix:/run/auth.sock'))).toEqual([]);
    expect(kinds('auth', at('auth.example:50051,evil.example:50051'))).toEqual(['endpoint_not_allowed']);
  });

  it('takes the certificates of its entry, of its source, or those that both name', () => {
    const entry = (name: string) => whitelist.entries.get(name);
    const certificates = (name: string, launch: Launch) =>
      launch.kind === 'endpoint' ? certificatesFor(entry(name), launch) : undefined;
    expect(certificates('auth', at('auth:1'))).toBeUndefined();
    expect(certificates('pinned', at('auth:1'))).toEqual([one, other]);
    expect(certificates('auth', at('auth:1', [one]))).toEqual([one]);
    expect(certificates('pinned', at('auth:1', [other.toUpperCase()]))).toEqual([other]);
  });

  it('is refused when its source and its entry name different certificates', () => {
    expect(kinds('single', at('auth:1', [other]))).toEqual(['endpoint_not_allowed']);
  });
});
