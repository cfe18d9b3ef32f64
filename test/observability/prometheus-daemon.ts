import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { hasTool } from '../languages/tool.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Whether Prometheus and its tool are on PATH. */
export const hasPrometheus: boolean = hasTool('prometheus', '--version') && hasTool('promtool', '--version');

/** A Prometheus of the test's own. */
export interface PrometheusDaemon extends AsyncDisposable {
  /** The `data` of an answer of its HTTP API: `api('query', { query: 'up' })`. */
  api(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown>;
}

/** Starts a Prometheus that scrapes one target over and over. */
export async function prometheusDaemon(target: string): Promise<PrometheusDaemon> {
  const folder = await tempFolder();
  const scrape = [
    'global: { scrape_interval: 500ms, scrape_timeout: 500ms }',
    'scrape_configs:',
    `  - { job_name: plugboard, static_configs: [{ targets: ['${target}'] }] }`,
  ];
  const config = await folder.write('prometheus.yml', scrape.join('\n'));
  const address = `127.0.0.1:${await freePort()}`;
  const daemon = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder.path, 'data')}`,
      `--web.listen-address=${address}`,
      '--enable-feature=exemplar-storage',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await ready(daemon);
  return {
    async api(path, parameters) {
      const response = await fetch(
        `http://${address}/api/v1/${path}?${String(new URLSearchParams(parameters))}`,
      );
      const answer = (await response.json()) as { status: string; data: unknown; error?: string };
      if (answer.status !== 'success') throw new Error(`${JSON.stringify(parameters)}: ${answer.error}`);
      return answer.data;
    },
    async [Symbol.asyncDispose]() {
      const ended = daemon.exitCode === null ? once(daemon, 'exit') : undefined;
      daemon.kill('SIGKILL');
      await ended;
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function ready(daemon: ChildProcess): Promise<void> {
  let said = '';
  for await (const chunk of daemon.stderr?.iterator({ destroyOnReturn: false }) ?? []) {
    said += String(chunk);
    if (!said.includes('Server is ready to receive web requests')) continue;
    daemon.stderr?.resume();
    return;
  }
  throw new Error(`prometheus ended before it was ready: ${said}`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
