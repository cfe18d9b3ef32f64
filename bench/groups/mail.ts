import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { race } from '../measure/race.ts';
import type { Report } from '../report/report.ts';
import { timeRows, timesAsFast } from '../report/rows.ts';
import { mailServer, type MailServer } from '../rivals/mail.ts';

const clients = 10;
const bare = new URL('../programs/bare-smtp.js', import.meta.url);
const gateway = new URL('../../examples/mail-gateway/main.js', import.meta.url);
const runner = new URL('../../examples/mail-gateway/plugins/run.js', import.meta.url).pathname;

const limits = { connection: { burst: 1e6, perMinute: 1e6 }, message: { burst: 1e6, perMinute: 1e6 } };
/** Together they answer ten hooks that a message meets. */
const plugins: readonly { readonly name: string; readonly config: object }[] = [
  { name: 'rcpt-domains', config: { domains: ['example.com'] } },
  { name: 'rate-limiter', config: { limits } },
  { name: 'header-stamp', config: { add: { 'X-Seen': '{id}' } } },
  { name: 'content-policy', config: {} },
  { name: 'mail-auth', config: { records: {}, enforce: false } },
];

/** Messages of 1 kB through the mail gateway, synced to the disk before the 250, and to smtp-server that drops them. */
export async function run(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'plugboard-bench-'));
  const apart = plugins.map((plugin) => ({
    ...plugin,
    command: process.execPath,
    args: [runner, plugin.name],
  }));
  const servers: Record<string, MailServer> = {};
  try {
    servers['smtp-server alone'] = await mailServer(bare, [], clients);
    servers['the gateway without plugins'] = await started(folder, 'none', undefined);
    servers['the gateway, plugins in process'] = await started(folder, 'within', plugins);
    servers['the gateway, plugins as children'] = await started(folder, 'apart', apart);
    const contenders = Object.entries(servers).map(([name, server]) => ({
      name,
      run: (calls: number) => server.send(calls),
    }));
    const laps = await race(contenders, { rounds: 7, calls: 100, warmups: 1 });
    const about = `${clients} clients`;
    const within = 'the gateway, plugins in process';
    return {
      group: 'mail',
      about: 'messages of 1 kB through the mail gateway, against the SMTP library alone',
      times: timeRows(laps, about),
      ratios: [
        timesAsFast(laps, about, ['smtp-server alone', within]),
        timesAsFast(laps, about, ['the gateway without plugins', within]),
        timesAsFast(laps, about, [within, 'the gateway, plugins as children']),
      ],
      facts: [],
    };
  } finally {
    for (const server of Object.values(servers)) server.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function started(folder: string, name: string, listed: object | undefined): Promise<MailServer> {
  const own = join(folder, name);
  const settings = {
    folder: own,
    listen: { port: 0 },
    queue: { maxMails: 1e9 },
    routes: [{ domains: ['example.com'], to: `maildir:${join(own, 'boxes')}` }],
  };
  const file = `${own}.yaml`;
  // JSON is YAML, too.
  await writeFile(
    file,
    JSON.stringify({ gateway: settings, ...(listed && { log_level: 'error', plugins: listed }) }),
  );
  return mailServer(gateway, [file], clients);
}
