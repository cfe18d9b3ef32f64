import type { PluginError, PluginSource } from 'plugboard';
import { goPlugin } from 'plugboard/go-plugin';
import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { expectNoChildren } from '../../support/processes.ts';
import { startError } from '../../support/start-error.ts';
import { buildGo, fixture, handshake, hasGo } from './go-plugins.ts';

beforeAll(() => buildGo('1.8.0'), goBuildTimeoutMs);

/** A program that is no plugin of Go: what it does is the text of a shell script. */
const script = (text: string): PluginSource => goPlugin('sh', { args: ['-c', text], handshake });

const refused = async (source: PluginSource, timeoutMs?: number): Promise<PluginError> => {
  const error = await startError(source, timeoutMs === undefined ? {} : { startTimeoutMs: timeoutMs });
  expectNoChildren();
  return error;
};

describe('a plugin in Go that does not start is refused', () => {
  needsTool('go', hasGo);

  it('for another cookie, in words of the cure', async () => {
    const other = { ...handshake, magicCookieValue: 'good day' };
    const error = await refused(fixture({}, { handshake: other }));
    expect(error).toMatchObject({ code: 'RPC_2002', plugin: 'subject', context: { exitCode: 1 } });
    expect(error.message).toContain('does not know the magic cookie of this host');
  });

  it('for what it prints before its line, with a quote', async () => {
    const error = await refused(fixture({ FIXTURE_SAYS_FIRST: 'warming up\n' }));
    expect(error).toMatchObject({ code: 'RPC_2002', context: { line: 'warming up' } });
    expect(error.message).toContain('"warming up". Print nothing on stdout before it');
  });

  it.each([
    ['2|1|unix|/x|grpc|', "speaks version '2'"],
    ['1|7|unix|/x|grpc|', 'protocol version 7, the host [1]'],
    ['1|1|unix|/x|netrpc|', 'net/rpc'],
    ['1|1|unix|/x|grpc|AAAA=', "without '=' at the end"],
    ['1|1|unix|/x|grpc|', 'printed no certificate'],
  ])('for the line %s', async (line, words) => {
    const error = await refused(fixture({ FIXTURE_SAYS_INSTEAD: `${line}\n` }));
    expect(error.code).toBe('RPC_2002');
    expect(error.message).toContain(words);
  });

  it('for a line that never comes', async () => {
    const error = await refused(fixture({ FIXTURE_NEVER_SPEAKS: '1' }), 300);
    expect(error).toMatchObject({ code: 'RPC_2002', context: { startTimeoutMs: 300 } });
    expect(error.message).toContain('did not print its handshake line');
  });

  it('for services that nobody named', async () => {
    const error = await refused(fixture({}, { services: undefined }));
    expect(error).toMatchObject({ code: 'RPC_2002' });
    expect(error.message).toContain("services, such as { get: { method: '/proto.KV/Get' } }");
  });

  it('for an address where nobody listens', async () => {
    const line = '1|1|unix|/nowhere/plugin|grpc|\n';
    const error = await refused(fixture({ FIXTURE_SAYS_INSTEAD: line }, { autoMtls: false }));
    expect(error).toMatchObject({ code: 'PLUGIN_1205' });
    expect(error.message).toContain('cannot be reached at unix:/nowhere/plugin');
  });
});

describe('a program that is no plugin is refused', () => {
  it('for its exit, with its last words', async () => {
    const error = await refused(script('echo no licence >&2; exit 3'));
    expect(error).toMatchObject({ code: 'REGISTRY_1908', context: { exitCode: 3 } });
    expect(error.message).toContain('no licence');
  });

  it('for its first line, although it ended', async () => {
    const error = await refused(script('echo hello'));
    expect(error).toMatchObject({ code: 'RPC_2002', context: { line: 'hello' } });
  });

  it('for closing its stdout', async () => {
    const error = await refused(script('exec >&-; sleep 60'));
    expect(error.code).toBe('REGISTRY_1908');
    expect(error.message).toContain('closed its stdout');
  });

  it('for a line that does not end', async () => {
    const error = await refused(script('head -c 300000 /dev/zero | tr "\\0" x; echo; sleep 60'));
    expect(error.code).toBe('RPC_2002');
    expect(error.message.length).toBeLessThan(1000);
  });

  it('for not being there', async () => {
    const error = await refused(goPlugin('./not-built', { handshake }));
    expect(error.code).toBe('REGISTRY_1908');
    expect(error.message).toContain('there is no such file');
  });
});

describe('options that make no sense are refused', () => {
  it.each([
    [{ handshake: { magicCookieKey: 'A B', magicCookieValue: 'x' } }, 'no name of an environment variable'],
    [{ handshake: { magicCookieKey: 'LD_PRELOAD', magicCookieValue: 'x' } }, 'loads code'],
    [{ handshake: { magicCookieKey: 'A', magicCookieValue: '' } }, 'handshake.magicCookieValue'],
    [{ handshake, protocolVersions: [] }, 'protocolVersions'],
    [{ handshake, minPort: 2, maxPort: 1 }, 'minPort: is above maxPort'],
    [
      { handshake, services: { get: { method: 'KV.Get', encode: () => new Uint8Array(), decode: () => 0 } } },
      "method: '/proto.KV/Get'",
    ],
  ])('%j', (options, words) => {
    expect(() => goPlugin('./kv', options)).toThrow(expect.objectContaining({ code: 'CONFIG_1703' }));
    expect(() => goPlugin('./kv', options)).toThrow(words);
  });
});
