import { expect, it } from 'vitest';
import { makeCertificate } from '../../../transports/go-plugin/certificate.ts';
import { formatHandshakeLine, parseHandshakeLine } from '../../../transports/go-plugin/handshake-line.ts';

const { der } = await makeCertificate('P-256', new Date());
const plain = { appVersion: 3, network: 'unix', address: '/tmp/plugin1', certificate: undefined } as const;

it('writes an empty certificate as Go does, and no field 7 unless it is asked for', () => {
  expect(formatHandshakeLine(plain)).toBe('1|3|unix|/tmp/plugin1|grpc|');
  expect(formatHandshakeLine({ ...plain, multiplexing: false })).toBe('1|3|unix|/tmp/plugin1|grpc||false');
});

it('reads what it writes', () => {
  const line = {
    ...plain,
    network: 'tcp',
    address: '127.0.0.1:1234',
    certificate: der,
    multiplexing: true,
  } as const;
  expect(parseHandshakeLine(formatHandshakeLine(line))).toEqual(line);
  expect(parseHandshakeLine(formatHandshakeLine(plain))).toEqual(plain);
});

it('takes spaces around a line and an empty host, as Go does', () => {
  expect(parseHandshakeLine(' 1|3|unix|/tmp/plugin1|grpc\r\n')).toEqual(plain);
  expect(parseHandshakeLine('1|3|tcp|:1234|grpc|')).toMatchObject({ address: '127.0.0.1:1234' });
});

it.each([
  ['', 'run it by hand'],
  ['starting up', 'Print nothing on stdout before it'],
  ['1|1|unix', 'is no handshake line'],
  ['2|1|unix|/a|grpc|', "speaks version '2'"],
  ['1|one|unix|/a|grpc|', 'is no number'],
  ['1|1|udp|/a|grpc|', "network 'udp' is not known"],
  ['1|1|unix||grpc|', 'no path of a socket'],
  ['1|1|tcp|/a|grpc|', 'no host:port'],
  ['1|1|tcp|127.0.0.1:99999|grpc|', 'no host:port'],
  ['1|1|unix|/a', 'net/rpc'],
  ['1|1|unix|/a|netrpc|', 'give plugin.ServeConfig a GRPCServer'],
  ['1|1|unix|/a|soap|', "protocol 'soap' is not known"],
  ['1|1|unix|/a|grpc|AAAA', 'certificate cannot be read'],
  [`1|1|unix|/a|grpc|${der.toString('base64url')}-_`, 'certificate cannot be read'],
  [`1|1|unix|/a|grpc|${der.toString('base64')}=`, "without '=' at the end"],
])('refuses %j with a quote and the cure', (line, words) => {
  expect(() => parseHandshakeLine(line)).toThrow(expect.objectContaining({ code: 'RPC_2002' }));
  expect(() => parseHandshakeLine(line)).toThrow(words);
  expect(() => parseHandshakeLine(line)).toThrow(`"${line.slice(0, 200)}`);
});
