import { describe, expect, it } from 'vitest';
import { parseWhitelist } from 'plugboard/security';

const hex = 'ab'.repeat(32);
const parse = (text: string) => parseWhitelist(text, '/etc/host/plugins.whitelist');
const only = async (text: string) => [...(await parse(text)).entries.values()][0];

describe('a whitelist', () => {
  it('may be a list in YAML, as the source document shows it', async () => {
    const entry = await only(`
# Plugin Whitelist Configuration
version: "1.0"
plugins:
  - name: "auth-service"
    path: "./plugins/auth-service"
    hash: "sha256:${hex}"
    algorithm: "sha256"
    enabled: true
    metadata:
      version: "1.2.3"
      author: "security-team@company.com"
`);
    expect(entry).toMatchObject({
      name: 'auth-service',
      enabled: true,
      path: '/etc/host/plugins/auth-service',
      pins: { kind: 'file', sha256: hex },
      metadata: { version: '1.2.3', author: 'security-team@company.com' },
    });
  });

  it("may be a map in JSON, with go-plugins' keys and a bare hash", async () => {
    const whitelist = await parse(
      JSON.stringify({
        version: '1.0.0',
        updated_at: '2025-01-01T00:00:00Z',
        description: 'all',
        default_policy: 2,
        hash_algorithm: 'sha256',
        plugins: {
          auth: {
            name: 'auth',
            type: 'grpc',
            version: '1.0',
            algorithm: 'sha256',
            hash: hex,
            file_path: '/opt/auth',
            description: 'signs in',
            metadata: {},
            allowed_endpoints: ['AUTH.example:50051'],
            max_file_size: 1024,
            added_at: '2025-01-01T00:00:00Z',
            updated_at: '2025-01-01T00:00:00Z',
          },
        },
        global_constraints: { max_file_size: 4096, allowed_types: ['grpc'], forbidden_paths: ['/tmp'] },
      }),
    );
    expect(whitelist.constraints).toEqual({
      maxFileSizeBytes: 4096,
      allowedTypes: ['grpc'],
      forbiddenPaths: ['/tmp'],
    });
    expect(whitelist.entries.get('auth')).toMatchObject({
      path: '/opt/auth',
      pins: { kind: 'file', sha256: hex },
      maxFileSizeBytes: 1024,
      allowedEndpoints: ['auth.example:50051'],
    });
  });

  it('allows 100 MiB for a file unless it says otherwise', async () => {
    expect((await parse('plugins: []')).constraints.maxFileSizeBytes).toBe(100 * 1024 * 1024);
  });

  it.each([`sha256:${hex}`, hex, hex.toUpperCase(), `SHA256:${hex.toUpperCase()}`])(
    'takes the hash %s',
    async (hash) => {
      expect((await only(`plugins: {a: {path: a, hash: "${hash}"}}`))?.pins).toEqual({
        kind: 'file',
        sha256: hex,
      });
    },
  );

  it.each([
    '',
    'sha256:',
    hex.slice(1),
    `${hex}0`,
    `sha1:${hex}`,
    `sha512:${hex}`,
    `x${hex.slice(1)}`,
    ` ${hex}`,
  ])('refuses the hash %j', async (hash) => {
    await expect(parse(`plugins: {a: {path: a, hash: "${hash}"}}`)).rejects.toThrow(/:1:24 .*64 hex digits/);
  });

  it.each([
    ['an empty file', '', 'it is empty'],
    ['a comment alone', '# nothing\n', 'it is empty'],
    ['a list', '- a', ":1:1 cannot be used: it is no map with 'plugins'"],
    ['no plugins', 'version: 1', "'plugins'"],
    ['an unknown key', 'plugins: []\npolicy: strict', ":2:1 cannot be used: a whitelist has no key 'policy'"],
    [
      'an unknown key of an entry',
      'plugins:\n  - name: a\n    pth: x',
      ":3:5 cannot be used: 'plugins.0' has no key 'pth'",
    ],
    [
      'an unknown key in a map',
      'plugins:\n  a:\n    path: x\n    has: y',
      ":4:5 cannot be used: 'plugins.a' has no key 'has'",
    ],
    [
      'another algorithm',
      `plugins:\n  - {name: a, path: a, hash: ${hex}, algorithm: md5}`,
      'the only one there is',
    ],
    ['no hash', 'plugins:\n  - {name: a, path: ./a}', ":2:5 cannot be used: the plugin 'a' has no 'hash'"],
    ['a hash without a path', `plugins: [{name: a, hash: ${hex}}]`, "no 'path'"],
    ['a name like a path', 'plugins: [{name: ../a, path: a}]', 'no plugin name'],
    ['a path that leaves', `plugins: [{name: a, path: ../a, hash: ${hex}}]`, "has the part '..'"],
    [
      'a file that leaves',
      `plugins: [{name: a, path: a, entry: x, files: {"../x": ${hex}}}]`,
      "has the part '..'",
    ],
    [
      'an entry that is not pinned',
      `plugins: [{name: a, path: a, entry: y, files: {x: ${hex}}}]`,
      'not among',
    ],
    [
      'a name twice',
      `plugins:\n  - {name: a, path: a, hash: ${hex}}\n  - {name: a, path: b, hash: ${hex}}`,
      ':3:5 .* comes twice',
    ],
    [
      'names that differ in case',
      `plugins: {a: {path: a, hash: ${hex}}, A: {path: a, hash: ${hex}}}`,
      'only in case',
    ],
    [
      'a key twice',
      `{"plugins": {"a": {"path": "a", "path": "b", "hash": "${hex}"}}}`,
      ":1:33 cannot be used: the key 'path' comes twice",
    ],
    [
      'a key in two spellings',
      `plugins: {a: {path: a, file_path: b, hash: ${hex}}}`,
      "the key 'path' comes twice",
    ],
    [
      'a name that is not its key',
      `plugins:\n  a:\n    name: b\n    path: a\n    hash: ${hex}`,
      ':3:5 .* one name',
    ],
    ['an alias', 'x: &x [1]\nplugins: *x', ':2:10 .* alias'],
    ['two documents', 'plugins: []\n---\nplugins: []', 'more than one document'],
    ['broken YAML', 'plugins: [', ':1:'],
    ['broken JSON', '{"plugins": [}', ':1:'],
    ['a tag', 'plugins: !!js/function "x"', ':1:'],
    ['a number as hash', 'plugins: [{name: a, path: a, hash: 1}]', 'must be text'],
  ])('refuses %s, and says where', async (_what, text, message) => {
    await expect(parse(text)).rejects.toMatchObject({ code: 'SECURITY_1802' });
    await expect(parse(text)).rejects.toThrow(new RegExp(message));
  });

  it('keeps `__proto__` from meaning anything', async () => {
    await expect(parse('{"plugins": [], "__proto__": {"x": 1}}')).rejects.toThrow("'__proto__' is no key");
    await expect(parse(`{"plugins": {"__proto__": {"path": "a", "hash": "${hex}"}}}`)).rejects.toMatchObject({
      code: 'SECURITY_1802',
    });
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('a whitelist that is made to harm', () => {
  it.each([
    ['nested in brackets', '['.repeat(1_000_000)],
    ['nested in braces', '{a: '.repeat(200_000)],
    ['nested in dashes', '- '.repeat(500_000)],
    [
      'nested by indentation',
      Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    ],
  ])('is refused when it is %s', async (_how, text) => {
    await expect(parse(text)).rejects.toThrow('nested deeper than 64');
  });

  it('is refused when it has sixty thousand keys', async () => {
    const keys = Array.from({ length: 60_000 }, (_, at) => `k${at}: 1`);
    await expect(parse(['plugins: []', ...keys].join('\n'))).rejects.toThrow("a whitelist has no key 'k0'");
  });

  it('is refused when it is large', async () => {
    await expect(parse(`plugins: []\n#${'x'.repeat(1024 * 1024)}`)).rejects.toThrow('larger than 1024 KiB');
  });

  it('is refused when it holds an alias bomb', async () => {
    const bomb = [
      'a: &a [x, x]',
      ...'bcdefgh'.split('').map((key, at) => `${key}: &${key} [*${'abcdefgh'[at]}, *${'abcdefgh'[at]}]`),
    ];
    await expect(parse(bomb.join('\n'))).rejects.toThrow('alias');
  });

  it('lets others have their turn while a large one is read', async () => {
    const files = Array.from({ length: 10_000 }, (_, at) => `      lib/${at}.js: ${hex}`);
    let turns = 0;
    const count = setInterval(() => turns++);
    const text = [
      'plugins:',
      '  - name: a',
      '    path: a',
      '    entry: lib/0.js',
      '    files:',
      ...files,
    ].join('\n');
    expect((await only(text))?.pins).toMatchObject({ kind: 'directory', entry: 'lib/0.js' });
    clearInterval(count);
    expect(turns).toBeGreaterThan(3);
  });

  it('lets others have their turn between its steps, each of which may be long', async () => {
    let turns = 0;
    let isRead = false;
    const count = (): void => void (isRead || (turns++, setImmediate(count)));
    setImmediate(count);
    await only(`plugins: [{ name: a, path: a, hash: ${hex} }]`);
    isRead = true;
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});
