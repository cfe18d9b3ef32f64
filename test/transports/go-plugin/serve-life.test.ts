import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { spawn, spawnSync } from 'node:child_process';
import { credentials } from '@grpc/grpc-js';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseHandshakeLine } from '../../../transports/go-plugin/handshake-line.ts';
import { needsTool } from '../../languages/tool.ts';
import { Peer } from '../../conformance/peer.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { hostProgram } from '../../support/host-program.ts';
import { isAlive, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { answerTo, lineOf, nodePlugin, runHost, startHost } from './go-hosts.ts';
import { buildGo, hasGo } from './go-plugins.ts';
import { hostEnvironment, records, startPlugin } from './started-plugin.ts';

beforeAll(() => buildGo('1.8.0'), goBuildTimeoutMs);

describe('a served plugin', () => {
  it('ignores an interrupt, and ends with 0 at a SIGTERM without its socket', async () => {
    await using plugin = await startPlugin();
    const { address } = parseHandshakeLine(plugin.line);
    plugin.child.kill('SIGINT');
    await once(plugin.child.stderr ?? plugin.child, 'data');
    expect(existsSync(address)).toBe(true);
    plugin.child.kill('SIGTERM');
    expect(await plugin.exit).toBe(0);
    expect(existsSync(address)).toBe(false);
    expect(records(await plugin.stderr)).toMatchObject([
      { '@message': expect.stringContaining('ignoring') as string },
    ]);
  });

  it('answers that it will end, and ends', async () => {
    await using plugin = await startPlugin();
    const peer = new Peer(plugin.line, credentials.createInsecure());
    expect(await peer.shutdown()).toBe(true);
    peer.close();
    expect(await plugin.exit).toBe(0);
  });

  it('is not well, and lives on, where its own health check throws', async () => {
    await using plugin = await startPlugin({ FIXTURE_HEALTH_THROWS: '1' }, 'go-all-round.mjs');
    const peer = new Peer(plugin.line, credentials.createInsecure());
    expect(await peer.health('plugin')).toBe(2);
    expect(await peer.health('')).toBe(2);
    peer.close();
    expect(plugin.child.exitCode).toBeNull();
  });

  it('lives on when nobody reads its log any more', async () => {
    await using plugin = await startPlugin();
    plugin.child.stderr?.destroy();
    plugin.child.stdout?.destroy();
    plugin.child.kill('SIGINT'); // which it logs
    plugin.child.kill('SIGTERM');
    expect(await plugin.exit).toBe(0);
  });

  it('ends with the process that started it', async () => {
    const [node = '', file = ''] = nodePlugin('go-kv.mjs');
    const script = `const { spawn } = require('child_process'); spawn(${JSON.stringify(node)}, [${JSON.stringify(file)}], { stdio: 'inherit' });`;
    const parent = spawn(node, ['-e', script], {
      env: { ...process.env, ...hostEnvironment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
    const { address } = parseHandshakeLine(line);
    parent.kill('SIGKILL');
    await until(() => !existsSync(address));
    expect(isAlive(parent.pid ?? 0)).toBe(false);
  });
});

/** A space of processes of their own, in which a number can be given again. */
const ownNumbers = ['unshare', '-Urpf', '--mount-proc', '--kill-child'];
const chooseNumber = ['sh', '-c', 'echo 100 > /proc/sys/kernel/ns_last_pid'];
const canChoose = spawnSync('env', [...ownNumbers, ...chooseNumber]).status === 0;

it('a served plugin ends with its host if a later process has its number', async ({ skip }) => {
  skip(!canChoose, 'no process may choose its number here');
  await using folder = await tempFolder();
  const env = Object.entries({ ...hostEnvironment, TMPDIR: folder.path });
  const through = ['env', ...env.map((pair) => pair.join('=')), ...ownNumbers];
  await using space = hostProgram('number-again.mjs', nodePlugin('go-kv.mjs'), through);
  const { host, later } = await space.reported<{ host: number; later: number }>();
  expect(later).toBe(host);
  expect(await space.reported()).toEqual({ isLaterAlive: true });
});

describe('a served plugin of a host in Go', () => {
  needsTool('go', hasGo);

  it('ends at once when it is told to, and leaves no socket', async () => {
    const run = await runHost(['get version']);
    expect(answerTo(run, 'kill')).toMatchObject({ exited: true });
    expect(run.logs.map((record) => record['@message'])).not.toContain('plugin failed to exit gracefully');
    expect(run.left).toEqual([]);
  });

  it('ends in time even if its own end hangs', async () => {
    const run = await runHost(['get version'], { env: { FIXTURE_IGNORES_SHUTDOWN: '1' } });
    expect(answerTo(run, 'kill')).toMatchObject({ exited: true });
    expect(run.logs.map((record) => record['@message'])).not.toContain('plugin failed to exit gracefully');
  });

  it('ends while a call runs', async () => {
    const run = await runHost(['sleep 60000 100']);
    expect(answerTo(run, 'sleep 60000 100')).toMatchObject({ code: 'DeadlineExceeded' });
    expect(run.logs.map((record) => record['@message'])).not.toContain('plugin failed to exit gracefully');
  });

  it('is gone with its socket when the host is killed', async () => {
    const host = startHost(['wait 60000']);
    const [text] = (await once(createInterface(host.stdout ?? process.stdin), 'line')) as [string];
    const { pid, address } = lineOf(text);
    host.kill('SIGKILL');
    await until(() => !isAlive(Number(pid)));
    expect(existsSync(String(address))).toBe(false);
  });

  it('is gone then also if a shell stands between the two', async () => {
    const plugin = ['sh', '-c', `${nodePlugin('go-kv.mjs').join(' ')}; true`];
    const host = startHost(['get pid', 'wait 60000'], { plugin });
    const lines = createInterface(host.stdout ?? process.stdin)[Symbol.asyncIterator]();
    const [start, pid] = [await lines.next(), await lines.next()].map(({ value }) => lineOf(String(value)));
    expect(start?.['pid']).not.toBe(Number(pid?.value));
    host.kill('SIGKILL');
    await until(() => !isAlive(Number(pid?.value)));
    expect(existsSync(String(start?.['address']))).toBe(false);
  });

  it('says in the log what ended it', async () => {
    const run = await runHost(['ask Log crash', 'sleep 20000 20000']);
    expect(answerTo(run, 'sleep 20000 20000')).toMatchObject({ code: 'Unavailable' });
    const record = run.logs.find((each) => String(each['@message']).startsWith('uncaught'));
    expect(record).toMatchObject({
      '@level': 'error',
      '@message': 'uncaught exception: nobody catches this',
      stack: expect.stringContaining('go-kv.mjs') as string,
    });
  });

  it('that dies in a call is seen to be gone', async () => {
    const run = await runHost(['exit 3', 'get version']);
    expect(answerTo(run, 'exit 3')).toMatchObject({ code: 'Unavailable' });
    expect(answerTo(run, 'get version')).toMatchObject({ code: 'Unavailable' });
    expect(run.left).toEqual([]);
  });
});
