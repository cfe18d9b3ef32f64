import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { PluginError, Simple, type PluginManager } from 'plugboard';
import { resolveConfig } from 'plugboard/config';
import { prometheusExporter, type PrometheusExporter } from 'plugboard/observability';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { managed, type Managed } from '../support/managed.ts';
import { bin, plugboard, type Ran } from './plugboard.ts';

function started(...args: string[]): ChildProcess {
  return spawn(process.execPath, [bin, 'top', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

const run = (...args: string[]): Promise<Ran> => plugboard(tmpdir(), 'top', ...args);

const moody = answering<number, number>((n) => {
  if (n % 4 === 0) throw new PluginError('FOURTH', { message: 'no' });
  return n;
});

/** A host with calls behind it, and where its metrics are. */
async function host(
  options: Parameters<typeof prometheusExporter>[0] = {},
): Promise<{ url: string; exporter: PrometheusExporter; host: Managed<PluginManager<number, number>> }> {
  const exporter = prometheusExporter({ ...options, port: 0 });
  const there = await managed<PluginManager<number, number>>(
    Simple<number, number>()
      .withMetricsExporter(exporter)
      .withPlugin('auth', inProcess(moody), { instances: 2, circuitBreaker: {} })
      .withPlugin('score', inProcess(moody))
      .build(),
  );
  for (let n = 0; n < 40; n++) await there.manager.execute('auth', n).catch(() => {});
  return { url: `http://127.0.0.1:${exporter.port}/metrics`, exporter, host: there };
}

describe('plugboard top', () => {
  it('shows one line for each plugin, whatever the host calls its metrics', async () => {
    for (const options of [{}, { namespace: 'my', subsystem: 'app' }]) {
      const { url, host: there } = await host(options);
      await using _ = there;
      const { exitCode, stdout } = await run(url, '--once');
      const [head = '', auth = '', score = '', ...rest] = stdout.trimEnd().split('\n');
      expect(exitCode).toBe(0);
      expect(rest).toEqual([]);
      expect(head).toMatch(
        /^PLUGIN +HEALTH +READY +CALLS\/S +FAILED +P50 +P95 +ACTIVE +QUEUED +BREAKER +RESTARTS +CALLS$/,
      );
      expect(auth).toMatch(/^auth +healthy +2\/2 +- +25\.0% +\S+ms +\S+ms +0 +0 +closed +0 +40$/);
      expect(score).toMatch(/^score +healthy +1\/1 +- +- +- +- +0 +0 +- +0 +0$/);
    }
  });

  it('looks where a host from a configuration is read that says no port', async () => {
    const { metrics } = resolveConfig({
      metrics: { prometheus: {} },
      plugins: [{ name: 'auth', command: 'auth' }],
    });
    const { stdout } = await run('--help');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      `default: "http://127.0.0.1:${metrics?.prometheus?.port}/metrics"`,
    );
  });

  it('gives one JSON document of the same', async () => {
    const { url, host: there } = await host();
    await using _ = there;
    const { plugins } = JSON.parse((await run(url, '--json')).stdout) as { plugins: object[] };
    expect(plugins).toMatchObject([
      {
        plugin: 'auth',
        health: 'healthy',
        ready: 2,
        requestsTotal: 40,
        requestsFailure: 10,
        errorRate: 0.25,
      },
      { plugin: 'score', requestsTotal: 0 },
    ]);
  });

  it('looks again and again, and then knows what happened in between', async () => {
    const { url, host: there } = await host();
    await using _ = there;
    const child = started(url, '--interval', '0.1');
    let calls = 0;
    for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
      if (/^score +healthy +1\/1 +[1-9]\d*\.\d +/m.test(String(chunk))) break;
      for (let n = 0; n < 20; n++) await there.manager.execute('score', 1).then(() => calls++);
    }
    expect(calls).toBeGreaterThan(0);
    child.kill();
    await once(child, 'close');
  });

  it('takes fewer calls than before for those of a plugin that was registered again', async () => {
    const { url, host: there } = await host();
    await using _ = there;
    const child = started(url, '--interval', '0.1');
    const frames: string[] = [];
    for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
      if (frames.push(String(chunk)) > 1 && /^auth .* 8$/m.test(String(chunk))) break;
      if (frames.length > 1) continue;
      await there.manager.unregister('auth');
      await there.manager.register('auth', inProcess(moody));
      for (let n = 0; n < 8; n++) await there.manager.execute('auth', n).catch(() => {});
    }
    expect(frames.join('')).not.toMatch(/-\d/);
    child.kill();
    await once(child, 'close');
  });

  it('waits for a host that is away', async () => {
    const { url, host: there } = await host();
    await there[Symbol.asyncDispose]();
    const child = started(url, '--interval', '0.1');
    const [chunk] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    expect(String(chunk)).toContain(`the metrics page ${url} cannot be read`);
    expect(child.exitCode).toBeNull();
    child.kill();
    await once(child, 'close');
  });

  it.each([
    ['not-a-url', 2, 'USAGE'],
    ['file:///etc/passwd', 2, 'USAGE'],
    ['http://127.0.0.1:1/metrics', 3, 'TRANSPORT_1301'],
  ])('says in a line why it cannot look at %s', async (url, code, said) => {
    const { exitCode, stdout, stderr } = await run(url, '--once');
    expect([exitCode, stdout]).toEqual([code, '']);
    expect(stderr).toContain(`error ${said}: `);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('keeps the words of another page from painting the terminal', async () => {
    const hostile = 'x\u001b[2J\u202e\\"y';
    const page = createServer((_request, response) => {
      response.end(
        `plugin_info{plugin_name="${hostile}"} 1\nplugin_requests_total{plugin_name="${hostile}"} 3\n}{ 1\n`,
      );
    }).listen(0, '127.0.0.1');
    await once(page, 'listening');
    const { port } = page.address() as AddressInfo;
    const { stdout } = await run(`http://127.0.0.1:${port}/metrics`, '--once');
    expect(stdout).toContain('x [2J "y');
    expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
    page.close();
    page.closeAllConnections();
  });

  it('signs in with what the address says, and does not say it again', async () => {
    const { exporter, host: there } = await host();
    await using _ = there;
    const asked: unknown[] = [];
    const page = createServer((request, response) => {
      asked.push(request.headers.authorization);
      exporter.handler(request, response);
    }).listen(0, '127.0.0.1');
    await once(page, 'listening');
    const { port } = page.address() as AddressInfo;
    const { exitCode } = await run(`http://ada:se%20cret@127.0.0.1:${port}/metrics`, '--once');
    page.close();
    page.closeAllConnections();
    expect([exitCode, asked]).toEqual([0, [`Basic ${Buffer.from('ada:se cret').toString('base64')}`]]);
    for (const url of [
      'http://ada:secret@127.0.0.1:1/metrics',
      'ftp://ada:secret@127.0.0.1/',
      'ada:secret@host',
    ]) {
      const { stdout, stderr } = await run(url, '--once');
      expect(stdout + stderr).not.toContain('secret');
    }
  });

  it('says when a page is somebody else’s', async () => {
    const page = createServer((_request, response) => void response.end('up 1\n')).listen(0, '127.0.0.1');
    await once(page, 'listening');
    const { port } = page.address() as AddressInfo;
    expect((await run(`http://127.0.0.1:${port}/`, '--once')).stderr).toContain('no metrics of plugboard');
    page.close();
    page.closeAllConnections();
  });
});
