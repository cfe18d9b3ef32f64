import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { answerTo, printed, runHost, type Line } from './go-hosts.ts';
import { buildGo, hasGo } from './go-plugins.ts';

beforeAll(() => buildGo('1.8.0', '1.4.8'), goBuildTimeoutMs);

const versions = ['1.8.0', '1.4.8'] as const;
const matrix = versions.flatMap((version) =>
  [[], ['-mtls']].flatMap((flags) => ['unix', 'tcp'].map((network) => ({ version, flags, network }))),
);

/** Each step with what a host is to see of it. */
const answers = {
  'put a b c': { value: null },
  'get a': { value: 'b c' },
  'get zz': { code: 'NotFound', error: 'rpc error: code = NotFound desc = no key "zz"' },
  ping: { value: null },
  'ask Fail because': { code: 'InvalidArgument' },
  'ask Panic oh': { code: 'Unknown', error: 'rpc error: code = Unknown desc = oh' },
  'echo 3000000': { value: 3_000_000 },
  'count 3': { value: [1, 2, 3] },
  'sum 1 2 3': { value: [6] },
  'upper a b': { value: ['A', 'B'] },
  'serve hey': { value: 'hey' },
  'serve again': { value: 'again' },
  'double 21': { value: 42 },
  'double 4': { value: 8 },
  'header user-agent': { value: expect.stringContaining('grpc-go') as string },
  interrupt: { value: null },
  'get version': { value: '1' },
};

const prints = ['ask Print out\\n', 'ask Complain err\\n', 'until stdout out', 'until stderr err'];

/** 1.4 warns of every plugin without a checksum. */
function isComplaint(record: Line): boolean {
  return (
    /warn|error/.test(String(record['@level'])) && !String(record['@message']).includes('nil SecureConfig')
  );
}

describe.each(matrix)('a host in Go with go-plugin $version $flags on $network', (how) => {
  needsTool('go', hasGo);
  const { version, flags, network } = how;

  it('runs a plugin in Node: calls, streams, broker, health, and its end', async () => {
    const steps = [...Object.keys(answers), ...prints];
    const run = await runHost(steps, { version, flags, env: { FIXTURE_NETWORK: network } });
    for (const [step, answer] of Object.entries(answers)) expect(answerTo(run, step)).toMatchObject(answer);
    expect(answerTo(run, 'start')['address']).toMatch(
      network === 'tcp' ? /^127\.0\.0\.1:\d+$/ : /\/plugin\d+$/,
    );
    expect([printed(run, 'stdout'), printed(run, 'stderr')]).toEqual(['out\n', 'err\n']);
    expect(run.exitCode).toBe(0);
    expect(run.logs.filter(isComplaint)).toEqual([]);
    expect(run.left).toEqual([]);
  });
});

describe('a host in Go', () => {
  needsTool('go', hasGo);

  it('says so where it wants the multiplexing that a plugin in Node does not have', async () => {
    const run = await runHost(['get version'], { flags: ['-multiplex'] });
    expect(answerTo(run, 'end').error).toContain('multiplexing but plugin does not support');
    expect(run.exitCode).toBe(1);
  });

  it('gets the limit of a plugin in Node with a request that is larger, and may go on', async () => {
    const run = await runHost(['echo 17000000', 'get version', 'echo 16000000']);
    expect(answerTo(run, 'echo 17000000')).toMatchObject({
      code: 'ResourceExhausted',
      error: expect.stringMatching(/larger than max \(17000005 vs\.? 16778240\)/) as string,
    });
    expect(answerTo(run, 'get version').value).toBe('1');
    expect(answerTo(run, 'echo 16000000').value).toBe(16_000_000);
  });

  it('is told of the version that it and a plugin in Node do not share', async () => {
    const env = { FIXTURE_VERSIONS: '2,3' };
    const refused = await runHost([], { env, flags: ['-versions', '1,5'] });
    expect(answerTo(refused, 'end').error).toContain('Plugin version: 2, Client versions: [');
    const shared = await runHost(['get version'], { env, flags: ['-versions', '1,3'] });
    expect(answerTo(shared, 'get version').value).toBe('3');
  });

  it('is told why a plugin in Node did not start', async () => {
    const env = { PLUGIN_UNIX_SOCKET_DIR: '/nowhere/at/all' };
    const run = await runHost([], { env });
    expect(answerTo(run, 'end').error).toContain('Unrecognized remote plugin message');
    expect(run.logs.map((record) => String(record['@message']))).toContainEqual(
      expect.stringContaining('the plugin cannot listen: /nowhere/at/all/'),
    );
  });
});
