import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { samplesOf, sumOf, type Scrape } from '../../observability/scrape.ts';
import { freePort } from '../../support/free-port.ts';
import { otlpReceiver } from '../../support/otlp-receiver.ts';
import { expectNoChildren, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { Client } from './support/client.ts';
import { gatewayYaml, GatewayProcess } from './support/gateway-process.ts';

afterEach(expectNoChildren);

const plugins = [
  { name: 'rcpt-domains', config: { domains: ['example.net'], mailboxes: ['bob@example.net'] } },
  { name: 'header-stamp', config: { add: { 'X-Seen': 'yes' } } },
  { name: 'mail-auth', config: { server: 'gw.example.org', records: {} } },
  { name: 'dkim-sign', config: { keys: [] } },
];

/** The hooks that these plugins are asked of one message, from its sender to its delivery. */
const asked = [
  'mail-auth/authn.spfCheck',
  'rcpt-domains/transaction.rcptTo',
  'header-stamp/message.headers',
  'mail-auth/authn.dkimVerify',
  'mail-auth/authn.arcVerify',
  'mail-auth/authn.dmarcCheck',
  'mail-auth/message.messageComplete',
  'dkim-sign/delivery.preDelivery',
];

describe('a gateway that is observed', () => {
  it('sends a trace for each session, and serves numbers that agree with it', async () => {
    await using receiver = await otlpReceiver();
    await using folder = await tempFolder();
    const port = await freePort();
    const routes = [{ domains: ['example.net'], to: `maildir:${join(folder.path, 'boxes')}` }];
    const file = await gatewayYaml(
      folder.path,
      { routes },
      {
        plugins,
        metrics: { prometheus: { port, namespace: 'mail' } },
        tracing: { endpoint: receiver.endpoint, sample_rate: 1, service_name: 'gateway' },
      },
    );
    const gateway = new GatewayProcess(file);
    const smtpPort = (await gateway.port()) ?? 0;
    for (const to of ['bob', 'eve']) {
      using client = await Client.hello(smtpPort);
      const said = await client.send(
        'ada@example.org',
        [`${to}@example.net`],
        'From: ada@example.org\r\n\r\nHi',
      );
      expect(said).toMatch(to === 'bob' ? /^250/ : /^550 5\.1\.1/);
    }
    const page = async (): Promise<Scrape> =>
      samplesOf(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
    const scraped = await page();
    const of = (name: string, plugin: string): number => sumOf(scraped, name, { plugin_name: plugin });
    expect(of('mail_plugin_requests_total', 'rcpt-domains')).toBe(2);
    expect(of('mail_plugin_requests_total', 'header-stamp')).toBe(1);
    expect(of('mail_plugin_requests_total', 'mail-auth')).toBe(6); // SPF is looked up for both
    expect(of('mail_plugin_request_errors_total', 'mail-auth')).toBe(0);
    await until(() => existsSync(join(folder.path, 'boxes', 'bob%40example.net', 'new')));
    await gateway.kill('SIGTERM'); // what was not sent yet is sent then
    await until(() => receiver.spans.length >= 20);
    const spans = receiver.spans.filter(({ name }) => !name.endsWith(' attempt'));
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['gateway']));
    const traceIds = [...new Set(spans.map(({ traceId }) => traceId))];
    const names = traceIds.map((id) => spans.filter(({ traceId }) => traceId === id).map(({ name }) => name));
    expect(names).toEqual([asked, asked.slice(0, 2)]);
    expect(spans.every(({ failed, kind }) => !failed && kind === 'client')).toBe(true);
  });
});
