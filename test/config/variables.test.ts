import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPluginError } from 'plugboard';
import { diffConfig } from '../../src/config/diff.ts';
import { environmentVariables } from '../../src/config/environment.ts';
import { parseConfig, type ParseOptions } from '../../src/config/parse.ts';
import { printDiff } from '../../src/config/print-diff.ts';
import { printConfig, serializeConfig } from '../../src/config/serialize.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** The plugin's config after `value` was expanded. */
function expanded(value: string, options: Partial<ParseOptions> = {}): unknown {
  const text = JSON.stringify({ plugins: [{ name: 'a', config: value }] });
  return parseConfig(text, { format: 'json', env: {}, ...options }).plugins[0]?.settings.config;
}

function errorOf(action: () => unknown): string {
  try {
    action();
    return '';
  } catch (error) {
    return isPluginError(error) ? error.message : String(error);
  }
}

describe('${NAME}', () => {
  it.each([
    ['${A}', { A: 'x' }, 'x'],
    ['${A}-${B}', { A: 'x', B: 'y' }, 'x-y'],
    ['  ${A}  ', { A: ' x ' }, '   x   '],
    ['${A:-z}', {}, 'z'],
    ['${A:-z}', { A: '' }, 'z'],
    ['${A:-}', {}, ''],
    ['${A:-a:-b c}', {}, 'a:-b c'],
    ['$${A}', { A: 'x' }, '${A}'],
    ['$$${A}', { A: 'x' }, '$${A}'],
    ['$A ${', { A: 'x' }, '$A ${'],
    ['${A}', { A: '${B}', B: 'y' }, '${B}'],
    ['${A}', { GO_PLUGINS_A: 'prefixed', A: 'plain' }, 'prefixed'],
  ])('%s with %o is %o', (text, env, value) => {
    expect(expanded(text, { env })).toBe(value);
  });

  it('is looked up in the environment, the overrides, the text, then the defaults', () => {
    const options = {
      env: { A: 'env' },
      overrides: { A: 'over', B: 'over' },
      defaults: { B: 'def', C: 'def', D: 'def' },
    };
    expect(expanded('${A} ${B:-text} ${C:-text} ${D}', options)).toBe('env over text def');
    expect(expanded('${A}', { env: { MY_A: 'mine', A: 'other' }, prefix: 'MY_' })).toBe('mine');
  });

  it('is named with every other that is missing or wrong', () => {
    const text =
      'plugins: [{ name: a, command: "${CMD}", args: ["${ONE}", "${TWO} ${THREE}"], priority: "${P}" }]';
    const message = errorOf(() => parseConfig(text, { format: 'yaml', file: 'f', env: {} }));
    expect(message.match(/\$\{\w+\}/g)?.filter((name) => name !== '${NAME}')).toEqual([
      '${CMD}',
      '${ONE}',
      '${TWO}',
      '${THREE}',
      '${P}',
    ]);
    expect(message).toContain(
      'f:1:31: plugins[0].command: ${CMD} is not set; set it, or write ${NAME:-default}',
    );
    expect(errorOf(() => expanded('${a b}'))).toContain('write $${ for a plain ${');
    expect(errorOf(() => expanded('${A}', { env: { A: 'x'.repeat(4097) } }))).toContain(
      'more than 4096 bytes',
    );
    expect(errorOf(() => expanded('${A}', { env: { A: '\u001b[2J' } }))).toContain('control characters');
    expect(expanded('${A}', { env: { A: 'a\tb\nc' } })).toBe('a\tb\nc');
    expect(errorOf(() => expanded('${toString}'))).toContain('is not set');
  });

  it('becomes a number, a time or a truth where one is wanted, and stays text elsewhere', () => {
    const env = { N: '7', T: '5s', MS: '250', ON: 'true', KEY: '0123' };
    const text = `
      plugins:
        - name: a
          enabled: \${ON}
          priority: \${N}
          timeout: \${T}
          drain_timeout: \${MS}
          command: \${KEY}
          auth: { method: api-key, api_key: "\${KEY}" }
    `;
    expect(parseConfig(text, { format: 'yaml', env }).plugins[0]).toMatchObject({
      enabled: true,
      settings: { priority: 7, timeoutMs: 5000, drainTimeoutMs: 250 },
      source: { command: '0123' },
      auth: { apiKey: '0123' },
    });
  });
});

describe('a documented variable', () => {
  it('stands over the file', () => {
    const env = {
      PLUGINS_DIR: './more, ./others',
      PLUGIN_TIMEOUT_SECONDS: '12',
      PLUGIN_MAX_MEMORY_MB: '100',
      PLUGIN_SANDBOX_ENABLED: 'Yes',
      PLUGIN_SECURITY_LEVEL: 'sandboxed',
      PLUGIN_UPDATE_CHECK_INTERVAL: '86400',
      GOPLUGINS_WHITELIST_FILE: './w.yaml',
      GOPLUGINS_LOG_AUTHORIZED: 'enabled',
      GOPLUGINS_AUDIT_FILE: '',
    };
    const text = 'timeout: 3s\nplugins: [a]\nsecurity: { level: trusted, watch: false }';
    expect(parseConfig(text, { format: 'yaml', env })).toMatchObject({
      timeoutMs: 12_000,
      discovery: { directories: ['./more', './others'] },
      limits: { maxMemoryBytes: 100_000_000 },
      security: {
        sandbox: true,
        level: 'sandboxed',
        watch: false,
        whitelistFile: './w.yaml',
        audit: { logAuthorized: true },
      },
      marketplace: { updateCheckIntervalMs: 86_400_000 },
    });
  });

  it('of go-plugins sets security field by field', () => {
    const env = {
      GOPLUGINS_SECURITY_ENABLED: 'true',
      GOPLUGINS_SECURITY_POLICY: 'audit-only',
      GOPLUGINS_WHITELIST_FILE: './w.yaml',
      GOPLUGINS_SECURITY_AUTO_UPDATE: 'no',
      GOPLUGINS_HASH_ALGORITHM: 'sha256',
      GOPLUGINS_VALIDATE_ON_START: 'on',
      GOPLUGINS_MAX_FILE_SIZE: '7MB',
      GOPLUGINS_ALLOWED_TYPES: 'exec,grpc',
      GOPLUGINS_FORBIDDEN_PATHS: '/tmp, /var/tmp',
      GOPLUGINS_WATCH_CONFIG: '0',
      GOPLUGINS_RELOAD_DELAY: '3s',
      GOPLUGINS_AUDIT_ENABLED: '1',
      GOPLUGINS_AUDIT_FILE: './audit.jsonl',
      GOPLUGINS_LOG_UNAUTHORIZED: 'off',
      GOPLUGINS_LOG_AUTHORIZED: 'yes',
      GOPLUGINS_LOG_CONFIG_CHANGES: 'disabled',
      GOPLUGINS_INCLUDE_METADATA: 'Enabled',
    };
    const declared = environmentVariables
      .map(({ name }) => name)
      .filter((name) => name.startsWith('GOPLUGINS'));
    expect(declared.toSorted()).toEqual(Object.keys(env).toSorted());
    expect(parseConfig('plugins: [a]', { format: 'yaml', env }).security).toEqual({
      policy: 'audit-only',
      whitelistFile: './w.yaml',
      autoUpdate: false,
      hashAlgorithm: 'sha256',
      validateOnStart: true,
      maxFileBytes: 7_000_000,
      allowedTypes: ['exec', 'grpc'],
      forbiddenPaths: ['/tmp', '/var/tmp'],
      watch: false,
      reloadDelayMs: 3000,
      level: 'standard',
      sandbox: false,
      audit: {
        enabled: true,
        file: './audit.jsonl',
        logUnauthorized: false,
        logAuthorized: true,
        logConfigChanges: false,
        includeMetadata: true,
      },
    });
  });

  it.each([
    ['GOPLUGINS_VALIDATE_ON_START', 'false', 'must be true: every start is checked'],
    ['GOPLUGINS_SECURITY_AUTO_UPDATE', 'true', 'must be false: a host does not change its own whitelist'],
  ])('that would weaken security is refused: %s=%s', (name, value, why) => {
    const parse = () => parseConfig('plugins: [a]', { format: 'yaml', env: { [name]: value } });
    expect(errorOf(parse)).toContain(`(environment ${name}): ${why}`);
  });

  it('can turn security off, and is named when it is wrong', () => {
    const text = 'plugins: [a]\nsecurity: { policy: strict }';
    const env = { GOPLUGINS_SECURITY_ENABLED: 'no' };
    expect(parseConfig(text, { format: 'yaml', env }).security).toBeUndefined();
    const message = errorOf(() =>
      parseConfig(text, { format: 'yaml', env: { PLUGIN_TIMEOUT_SECONDS: 'soon' } }),
    );
    expect(message).toContain('(environment PLUGIN_TIMEOUT_SECONDS): must be a time');
  });
});

describe('a secret from a file', () => {
  const yaml = (path: string): string =>
    `plugins: [{ name: a, env: ["KEY=\${file:${path}}"], command: x, auth: { method: custom, headers: { x-auth: "Bearer \${file:${path}}" } } }]`;

  it('is read without its line end, and never printed', async () => {
    await using folder = await tempFolder();
    const path = await folder.write('key', 'hunter2\n');
    const config = parseConfig(yaml(path), { format: 'yaml', env: {} });
    expect(config.plugins[0]).toMatchObject({
      source: { env: { KEY: 'hunter2' } },
      auth: { headers: { 'x-auth': 'Bearer hunter2' } },
    });
    const other = parseConfig('plugins: [{ name: a, command: x, env: { KEY: other } }]', {
      format: 'yaml',
      env: {},
    });
    for (const text of [
      serializeConfig(config),
      serializeConfig(config, 'json'),
      printConfig(config),
      printDiff(diffConfig(config, other)),
      printDiff(diffConfig(other, config)),
      JSON.stringify(diffConfig(other, config)),
    ]) {
      expect(text).not.toContain('hunter2');
      expect(text).toContain(`\${file:${path}}`);
    }
    expect(parseConfig(serializeConfig(config), { format: 'yaml', env: {} })).toEqual(config);
  });

  it('is not in an error either', async () => {
    await using folder = await tempFolder();
    const path = await folder.write('key', 'hunter2');
    for (const place of ['priority', 'timeout', 'transport', 'retry', 'version', 'name', 'dependencies']) {
      const text = `plugins: [{ name: a, command: x }, { name: b, ${place}: ${place === 'dependencies' ? '[' : ''}"\${file:${path}}/"${place === 'dependencies' ? ']' : ''} }]`;
      const message = errorOf(() =>
        parseConfig(text.replace('name: b, name', 'name'), { format: 'yaml', env: {} }),
      );
      expect(message).not.toBe('');
      expect(message).not.toContain('hunter2');
    }
  });

  it('must be a small regular file of text', async () => {
    await using folder = await tempFolder();
    await mkdir(join(folder.path, 'folder'));
    await symlink(await folder.write('target', 'linked'), join(folder.path, 'link'));
    await folder.write('empty', '\n');
    await folder.write('large', 'x'.repeat(65_537));
    await folder.write('binary', Buffer.from([0xff, 0xfe, 0x00]));
    const refused = (name: string): string => errorOf(() => expanded(`\${file:${folder.path}/${name}}`));
    expect(refused('missing')).toContain('does not exist');
    expect(refused('folder')).toContain('is no regular file');
    expect(refused('empty')).toContain('is empty');
    expect(refused('large')).toContain('has more than 65536 bytes');
    expect(refused('binary')).toContain('cannot be read');
    expect(errorOf(() => expanded('${file:/dev/zero}'))).toContain('is no regular file');
    expect(expanded(`\${file:${folder.path}/link}`)).toBe('linked'); // as Kubernetes mounts them
  });
});

describe('a literal secret', () => {
  it('is masked where people read, and kept where it is read back', () => {
    const text =
      'plugins: [{ name: a, auth: { method: basic, username: u, password: geheim }, config: { db_password: geheim } }]';
    const config = parseConfig(text, { format: 'yaml', env: {} });
    expect(printConfig(config)).not.toContain('geheim');
    expect(printConfig(config)).toContain('username: u');
    expect(serializeConfig(config)).toContain('geheim');
    const message = errorOf(() =>
      parseConfig('plugins: [{ name: a, auth: { password: [x] } }]', { format: 'yaml', env: {} }),
    );
    expect(message).toContain('plugins[0].auth.password: must be text; found a secret value');
  });
});
