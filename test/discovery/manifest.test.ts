import { describe, expect, it } from 'vitest';
import { isPluginError } from 'plugboard';
import { readManifest } from '../../src/discovery/read-manifest.ts';

const read = (manifest: unknown): ReturnType<typeof readManifest> => readManifest(JSON.stringify(manifest));
const problemsOf = (text: string): unknown => {
  try {
    readManifest(text);
    return [];
  } catch (error) {
    return isPluginError(error) && error.code === 'REGISTRY_1906' ? error.context['problems'] : error;
  }
};

describe('a manifest of go-plugins', () => {
  it('is read with all its fields', () => {
    const { manifest, warnings } = read({
      name: 'auth-service',
      version: '1.2.3',
      description: 'Authenticates',
      author: 'security team',
      homepage: 'https://example.com',
      license: 'Apache-2.0',
      capabilities: ['authenticate'],
      tags: ['security'],
      metadata: { database: 'postgresql' },
      transport: 'exec',
      endpoint: './auth-service',
      auth: { method: 'none' },
      requirements: {
        min_go_version: '1.21',
        required_plugins: ['db@^1.0.0', 'cache'],
        optional_plugins: [{ name: 'audit', version: '>=2' }],
        system_packages: ['openssl'],
        environment_vars: ['DB_URL'],
      },
      resources: { max_memory_mb: 100, max_cpu_percent: 50, max_connections: 10, max_requests: 1000 },
      health_check: { enabled: true, interval: '30s', timeout: 5000, failure_limit: 3 },
      discovered_at: '2024-01-01T00:00:00Z',
      manifest_path: '/x',
    });
    expect(warnings).toEqual([]);
    expect(manifest).toMatchObject({
      name: 'auth-service',
      title: undefined,
      version: '1.2.3',
      license: 'Apache-2.0',
      transport: 'subprocess',
      requirements: {
        host: '*',
        minGoVersion: '1.21',
        plugins: [
          { name: 'db', version: '^1.0.0', optional: false },
          { name: 'cache', version: '*', optional: false },
          { name: 'audit', version: '>=2', optional: true },
        ],
        environmentVars: ['DB_URL'],
      },
      resources: { maxMemoryBytes: 100_000_000, maxCpuPercent: 50 },
      healthCheck: { enabled: true, intervalMs: 30_000, timeoutMs: 5000, failureLimit: 3 },
    });
  });
});

describe('a manifest of the email platform', () => {
  it('is read with all its fields, its plugin_id as name', () => {
    const { manifest, warnings } = read({
      plugin_id: 'email_filter_plugin',
      name: 'Email Filter Plugin',
      version: '1.0.0',
      author: 'EmailIntelligence Team',
      description: 'Advanced email filtering and spam detection',
      homepage: 'https://github.com/emailintelligence/plugins',
      dependencies: ['scikit-learn>=1.0.0'],
      permissions: ['read:emails', 'write:emails'],
      security_level: 'sandboxed',
      tags: ['filtering'],
      created_at: 1638360000.5,
      checksum: 'a1b2c3d4',
    });
    expect(warnings).toEqual([]);
    expect(manifest).toMatchObject({
      name: 'email_filter_plugin',
      title: 'Email Filter Plugin',
      license: 'MIT',
      dependencies: ['scikit-learn>=1.0.0'],
      permissions: ['read:emails', 'write:emails'],
      securityLevel: 'sandboxed',
      createdAt: 1638360000500,
    });
  });
});

describe('a broken manifest', () => {
  it.each<[string, unknown]>([
    ['', [expect.stringMatching(/^it is not valid JSON/)]],
    ['{}', ['it has no name', 'it has no version']],
    ['{"name":"a","version":"1.0"}', ['version: must be a full semantic version such as 1.0.0']],
    ['{"name":"../a","version":"1.0.0"}', [expect.stringContaining("cannot be a plugin's name")]],
    ['{"name":"a;rm","version":"1.0.0"}', [expect.stringContaining("cannot be a plugin's name")]],
    ['{"name":"a","version":"1.0.0","transport":"grpc"}', ['transport grpc needs an endpoint']],
    ['{"name":"a","version":"1.0.0","transport":"exec"}', ['transport subprocess needs a command']],
    [
      '{"name":"a","version":"1.0.0","transport":"so"}',
      [expect.stringContaining('transport: Invalid option')],
    ],
    ['[]', [expect.stringContaining('expected object')]],
    ['null', [expect.stringContaining('expected object')]],
    [
      `{"name":"a","version":"1.0.0","metadata":{"a":${'['.repeat(70)}${']'.repeat(70)}}}`,
      ['it is nested more than 64 deep'],
    ],
    [`"${'x'.repeat(262_144)}"`, ['it has more than 262144 bytes']],
  ])('%s is refused with everything that is wrong', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('that is a hundred thousand brackets deep costs nothing but its reading', () => {
    expect(problemsOf('['.repeat(100_000) + ']'.repeat(100_000))).toEqual(['it is nested more than 64 deep']);
  });

  it('with a slip in a key says so and is read', () => {
    expect(read({ name: 'a', version: '1.0.0', permisions: [] }).warnings).toEqual([
      "unknown key 'permisions'; did you mean 'permissions'?",
    ]);
  });
});
