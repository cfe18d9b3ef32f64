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
    const steps = [...Object.keys(answers), 'ask Print out\\n', 'ask Complain err\\n', 'wait 20'];
    const run = await runHost(steps, { version, flags, env: { FIXTURE_NETWORK: network } });
    for (const [step, answer] of Object.entries(answers)) expect(answerTo(run, step)).toMatchObject(answer);
    expect(answerTo(run, 'start')['address']).toMatch(
      network === 'tcp' ? /^127\.0\.0\.1:\d+$/ : /\/plugin\d+$/,
    );
    expect([printed(run, 'stdout'), printed(run, 'stderr')]).toEqual(['out\n', 'err\n']);
    expect(run.exitCode).toBe(0);
    expect(run.logs.filter(isComplaint)).toEqual([]);
  });
});
