import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseConfig, type ConfigFormat } from '../../src/config/parse.ts';

const folder = fileURLToPath(new URL('../fixtures/config/', import.meta.url));

function load(file: string): ReturnType<typeof parseConfig> {
  const format = file.split('.').at(-1) as ConfigFormat;
  return parseConfig(readFileSync(folder + file, 'utf8'), { format, file, env: {} });
}

describe('the documented example', () => {
  it.each([
    'mail-server.toml',
    'mail-server.yaml',
    'mail-server-directory.toml',
    'mail-server-sections.toml',
    'email-platform.json',
    'go-plugins.yaml',
    'go-plugins.json',
  ])('%s loads as written', async (file) => {
    const text = `${JSON.stringify(load(file), undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot(`${folder}golden/${file}.golden`);
  });
});

describe("the mail server's two spellings", () => {
  it('mean the same', () => {
    expect(load('mail-server.toml')).toEqual(load('mail-server.yaml'));
  });

  it('name plugins, where to look for them, and what each is configured with', () => {
    const config = load('mail-server.yaml');
    expect(config).toMatchObject({
      timeoutMs: 30_000,
      reload: { watch: false, intervalMs: 300_000 },
      discovery: { directories: ['./plugins'] },
      plugins: [
        {
          name: 'enhanced-security',
          source: undefined,
          settings: {
            concurrency: { maxConcurrent: 10 },
            healthCheck: { intervalMs: 30_000 },
            config: { max_connections_per_minute: 60, greylist_ttl_minutes: 15 },
          },
        },
        { name: 'custom-filter', settings: { config: { block_patterns: ['spam', 'virus'] } } },
      ],
    });
  });

  it('leave tables beside [plugins] to the application', () => {
    expect(load('mail-server-sections.toml')).toMatchObject({
      plugins: [],
      sections: {
        rate_limiter: { max_connections_per_ip: 5 },
        authentication: { dmarc_policy: 'quarantine' },
      },
    });
  });
});

describe("go-plugins' full example", () => {
  it('means the same in the words of files and in those of code', () => {
    expect(load('go-plugins.json')).toEqual(load('go-plugins.yaml'));
  });
});

describe('the email platform’s map of plugins', () => {
  it('gives each its config as it is', () => {
    expect(load('email-platform.json').plugins).toMatchObject([
      {
        name: 'email_filter_plugin',
        enabled: true,
        settings: { config: { sensitivity: 'medium', log_filtered_emails: true } },
      },
    ]);
  });
});

describe('a configuration', () => {
  it('cannot be changed, down to its leaves', () => {
    const config = load('go-plugins.yaml');
    const [plugin] = config.plugins;
    for (const part of [config, config.plugins, plugin, plugin?.settings, plugin?.settings.retry]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});
