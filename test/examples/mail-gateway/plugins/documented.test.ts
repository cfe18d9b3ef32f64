import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { Simple } from 'plugboard';
import { emailHooks } from 'plugboard/email';
import { contentPolicy } from '../../../../examples/mail-gateway/plugins/content-policy.ts';
import { mailPlugins } from '../../../../examples/mail-gateway/plugins/index.ts';
import { requests } from '../../../email/samples.ts';
import { managed } from '../../../support/managed.ts';
import { from, hostOf } from './mail-host.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const page = readFileSync(`${root}docs/mail-plugins.md`, 'utf8');

it('the page of the mail plugins has every one of them', () => {
  const rows = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name ?? '');
  expect(rows.toSorted()).toEqual(Object.keys(mailPlugins).toSorted());
});

it('its configuration starts them, one in a child and one in a worker', { timeout: 60_000 }, async () => {
  const yaml = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? '';
  const config: unknown = parse(
    yaml.replaceAll('.build/', `${root}.build/`).replace('3310', '1').replace('6379', '1'),
  );
  await using host = await managed(
    Simple(emailHooks)
      .withConfig(config as object)
      .build(),
  );
  const { manager } = host;
  const scan = requests['content.antivirusScan'];
  const message = { ...scan.message, file: undefined };
  const unseen = await manager.run('content.antivirusScan', { ...scan, message });
  expect(unseen).toMatchObject({
    answer: { action: 'continue' },
    failures: [{ plugin: 'clamav', rule: 'open' }],
  });
  const limit = { ...from('192.0.2.7'), scope: 'connection', key: 'a', cost: 1 } as const;
  // Where the configuration looks, there is no Redis.
  expect(await manager.run('security.rateLimitCheck', limit)).toMatchObject({ answer: { remaining: 19 } });
});

it('a config that is wrong leaves a running plugin with the one it has', async () => {
  await using host = await hostOf(contentPolicy(), { maxMessageSize: '1kB' });
  const { manager } = host;
  await expect(manager.reconfigure('plugin', { config: { maxMessageSize: 'much' } })).rejects.toThrow(
    /maxMessageSize/,
  );
  expect(await manager.run('content.contentFilter', requests['content.contentFilter'])).toMatchObject({
    answer: { action: 'reject', code: 552 },
  });
});
