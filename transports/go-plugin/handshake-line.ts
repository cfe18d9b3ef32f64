import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import { decodeCertificate, encodeCertificate } from './certificate.ts';

/** The only version of go-plugin's own protocol there is. */
const coreVersion = '1';

/** The first line a plugin prints, read: where it listens and how. */
export interface HandshakeLine {
  /** The version of the application's protocol that the plugin chose. */
  readonly appVersion: number;
  readonly network: 'unix' | 'tcp';
  /** A path, or `127.0.0.1:1234`. */
  readonly address: string;
  /** The plugin's own certificate in DER, if it speaks TLS. */
  readonly certificate: Buffer | undefined;
  /** Whether it can carry brokered connections on one; undefined where the host did not ask. */
  readonly multiplexing?: boolean | undefined;
}

/** Writes the line, without its line feed. Hosts before 1.6 cannot read a field 7, so it is left out unless asked for. */
export function formatHandshakeLine(line: HandshakeLine): string {
  const { appVersion, network, address, certificate, multiplexing } = line;
  const proof = certificate === undefined ? '' : encodeCertificate(certificate);
  const fields = [coreVersion, String(appVersion), network, address, 'grpc', proof];
  return [...fields, ...(multiplexing === undefined ? [] : [String(multiplexing)])].join('|');
}

/**
 * Reads the line.
 * @throws {PluginError} `RPC_2002` that quotes the line and says what is wrong with it.
 */
export function parseHandshakeLine(text: string): HandshakeLine {
  const line = text.trim();
  const fields = line.split('|').map((field) => field.trim());
  const [core = '', app = '', network = '', address = '', protocol = 'netrpc', proof = '', mux] = fields;
  if (fields.length < 4) throw unrecognized(line);
  if (core !== coreVersion) throw wrongCore(line, core);
  if (!/^\d{1,9}$/.test(app))
    throw wrong(line, `its protocol version '${printable(app, 40)}' is no number`, 'Print one as field 2');
  if (network !== 'unix' && network !== 'tcp')
    throw wrong(line, `its network '${printable(network, 40)}' is not known`, 'Listen on unix or tcp');
  if (protocol !== 'grpc') throw wrongProtocol(line, protocol);
  return {
    appVersion: Number(app),
    network,
    address: checkAddress(line, network, address),
    certificate: proof === '' ? undefined : readCertificate(line, proof),
    ...(mux !== undefined && { multiplexing: isGoTrue(mux) }),
  };
}

/** What Go's `strconv.ParseBool` takes for true. */
function isGoTrue(text: string): boolean {
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text);
}

/** Go takes an empty host for this computer. */
function checkAddress(line: string, network: 'unix' | 'tcp', address: string): string {
  if (network === 'unix' && /^[^\0]+$/.test(address)) return address;
  const [, host, port] = /^(\[[\da-f:.]+\]|[^\s:/]*):(\d{1,5})$/i.exec(address) ?? [];
  const isPort = port !== undefined && Number(port) > 0 && Number(port) < 65_536;
  if (network === 'tcp' && isPort) return `${host === '' ? '127.0.0.1' : host}:${port}`;
  const what = network === 'unix' ? 'path of a socket' : 'host:port';
  throw wrong(
    line,
    `its address '${printable(address, 200)}' is no ${what}`,
    'Print where the plugin listens as field 4',
  );
}

function readCertificate(line: string, proof: string): Buffer {
  try {
    return decodeCertificate(proof);
  } catch (cause) {
    throw wrong(
      line,
      'its certificate cannot be read',
      "Print the certificate's DER in base64 of the standard alphabet, without '=' at the end, as field 6",
      cause,
    );
  }
}

function unrecognized(line: string): PluginError {
  const [why, cure] =
    line === ''
      ? [
          'is empty',
          'A plugin of go-plugin prints its handshake line first: run it by hand to see what it prints',
        ]
      : [
          'is no handshake line of go-plugin',
          'Print nothing on stdout before it, and log on stderr; if this is no such plugin, use subprocess',
        ];
  return wrong(line, why, cure);
}

function wrongCore(line: string, core: string): PluginError {
  const why = `it speaks version '${printable(core, 40)}' of go-plugin's protocol, and this host ${coreVersion}`;
  return wrong(line, why, 'Build it with a go-plugin of version 1');
}

function wrongProtocol(line: string, protocol: string): PluginError {
  const isNetRpc = protocol === 'netrpc';
  const why = isNetRpc
    ? 'it speaks net/rpc, which only Go can'
    : `its protocol '${printable(protocol, 40)}' is not known`;
  return wrong(line, why, 'Serve it over gRPC: give plugin.ServeConfig a GRPCServer');
}

function wrong(line: string, why: string, cure: string, cause?: unknown): PluginError {
  const quoted = printable(line, 300);
  const message = `the first line of the plugin on stdout ${why.startsWith('is ') ? '' : 'does not fit: '}${why}: "${quoted}". ${cure}.`;
  return new PluginError('RPC_2002', { message, context: { line: quoted }, cause });
}
