import { X509Certificate } from 'node:crypto';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeCertificate, encodeCertificate } from '../../transports/go-plugin/certificate.ts';
import { formatHandshakeLine, parseHandshakeLine } from '../../transports/go-plugin/handshake-line.ts';
import { hclogReader } from '../../transports/go-plugin/logs.ts';
import { chooseVersion, readEnvironment } from '../../transports/go-plugin/serve-environment.ts';
import { needsTool } from '../languages/tool.ts';
import { goBuildTimeoutMs } from '../support/go-fixtures.ts';
import { buildGo, goProgram, hasGo } from '../transports/go-plugin/go-plugins.ts';
import { readMessage, writeMessage, type Json } from './codecs.ts';
import { readData } from './scenario.ts';

interface Line {
  readonly line: string;
  readonly multiplexing?: boolean;
  readonly says?: { readonly appVersion: number; readonly network: 'unix' | 'tcp'; readonly address: string };
  readonly why?: string;
}

interface Message {
  readonly type: string;
  readonly hex: string;
  readonly json: Json;
}

interface Certificate {
  readonly madeBy: string;
  readonly curve: string;
  readonly lengthMod3: number;
  readonly sha256: string;
  readonly derHex: string;
  readonly field: string;
}

interface Choice {
  readonly own: readonly number[];
  readonly hosts: string | null;
  readonly version: number;
}

interface LogLine {
  readonly line: string;
  readonly level: string;
  readonly message?: string;
  readonly fields?: object;
}

const lines = readData('vectors/handshake-lines.json') as Record<'good' | 'bad', readonly Line[]>;
const messages = readData('vectors/messages.json') as Record<
  'messages' | 'unknownFields' | 'lastWins' | 'bad',
  readonly Message[]
>;
const certificates = readData('vectors/certificates.json') as {
  readonly certificates: readonly Certificate[];
  readonly bad: readonly { readonly field: string; readonly why: string }[];
};
const versions = readData('vectors/versions.json') as { readonly chosen: readonly Choice[] };
const logs = readData('vectors/log-lines.json') as {
  readonly lines: readonly LogLine[];
  readonly dangerous: readonly string[];
};

describe('a handshake line', () => {
  it.each(lines.good)('is read: $line', ({ line, says }) => {
    expect(parseHandshakeLine(line)).toMatchObject({ ...says });
  });

  it.each(lines.good.filter(({ multiplexing }) => !multiplexing))('is written: $line', ({ line, says }) => {
    const { appVersion = 0, network = 'unix', address = '' } = says ?? {};
    const written = formatHandshakeLine({ appVersion, network, address, certificate: undefined });
    expect(written).toBe(line.trim().replace(/\|grpc$/, '|grpc|'));
  });

  // whether a version is known is for the host to say, not for the line
  const [unknown, wrong] = [true, false].map((isUnknown) =>
    lines.bad
      .filter(({ multiplexing }) => !multiplexing)
      .filter(({ line, why }) => (why === 'app version' && /^1\|\d/.test(line)) === isUnknown),
  );

  it.each(wrong ?? [])('is refused for its $why: $line', ({ line }) => {
    expect(() => parseHandshakeLine(line)).toThrow(expect.objectContaining({ code: 'RPC_2002' }));
  });

  it.each(unknown ?? [])('is read, for the host to refuse it for its $why: $line', ({ line }) => {
    expect([1, 2]).not.toContain(parseHandshakeLine(line).appVersion);
  });
});

describe('a message', () => {
  it.each(messages.messages)('$type is written and read: $hex', ({ type, json, hex }) => {
    expect(writeMessage(type, json).toString('hex')).toBe(hex);
    expect(readMessage(type, Buffer.from(hex, 'hex'))).toEqual(json);
  });

  it.each([...messages.unknownFields, ...messages.lastWins])('$type is read: $hex', ({ type, json, hex }) => {
    expect(readMessage(type, Buffer.from(hex, 'hex'))).toEqual(json);
  });

  it.each(messages.bad)('$type is refused: $hex', ({ type, hex }) => {
    expect(() => readMessage(type, Buffer.from(hex, 'hex'))).toThrow(RangeError);
  });
});

describe('a certificate', () => {
  it.each(certificates.certificates)(
    'of $curve by $madeBy, of a length of 3n + $lengthMod3, is written and read',
    ({ derHex, field, sha256, lengthMod3 }) => {
      const der = Buffer.from(derHex, 'hex');
      expect(der.length % 3).toBe(lengthMod3);
      expect(encodeCertificate(der)).toBe(field);
      const read = new X509Certificate(decodeCertificate(field));
      expect(read.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(sha256);
    },
  );

  it.each(certificates.bad)('is refused: $why', ({ field }) => {
    expect(() => decodeCertificate(field)).toThrow(expect.any(Error) as Error);
  });
});

it.each(versions.chosen)('of $own and $hosts a plugin chooses $version', ({ own, hosts, version }) => {
  const environment = readEnvironment(hosts === null ? {} : { PLUGIN_PROTOCOL_VERSIONS: hosts });
  expect(chooseVersion(own, environment.versions)).toBe(version);
});

describe('a line of the log', () => {
  it.each(logs.lines)('is read: $line', ({ line, level, message, fields }) => {
    const record = hclogReader()(line);
    expect({ ...record, level: String(record.level).toLowerCase() }).toMatchObject({
      level,
      ...(message !== undefined && { message, fields }),
    });
  });

  it.each(logs.dangerous)('harms nothing: %s', (line) => {
    expect(() => hclogReader()(line)).not.toThrow();
  });
});

describe('go-plugin itself', () => {
  needsTool('go', hasGo);
  beforeAll(() => buildGo('1.8.0'), goBuildTimeoutMs);

  it('agrees with every line, message and certificate', async () => {
    const folder = fileURLToPath(new URL('vectors', import.meta.url));
    const { stdout } = await promisify(execFile)(goProgram('vectors'), [folder]);
    expect(JSON.parse(stdout)).toEqual({ disagreements: [], lines: 26, messages: 21, certificates: 14 });
  });
});
