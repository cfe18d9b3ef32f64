import {
  Client,
  credentials,
  Metadata,
  type ChannelCredentials,
  type ClientReadableStream,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import type { OwnCertificate } from '../../transports/go-plugin/certificate.ts';
import { toPem } from '../../transports/go-plugin/certificate.ts';
import { parseHandshakeLine } from '../../transports/go-plugin/handshake-line.ts';
import { goPluginMethods } from '../../transports/go-plugin/messages.ts';
import { healthMethods } from '../../transports/grpc/methods.ts';

/** Long enough for any machine, shorter than a test. */
const callTimeoutMs = 10_000;

/** A connection to a plugin, as a host has it. */
export class Peer {
  readonly #client: Client;

  constructor(line: string, how: ChannelCredentials) {
    const { network, address } = parseHandshakeLine(line);
    this.#client = new Client(network === 'unix' ? `unix:${address}` : address, how, {
      'grpc.ssl_target_name_override': 'localhost',
      'grpc.default_authority': 'localhost',
    });
  }

  health(service: string): Promise<number> {
    return this.#unary(healthMethods.check, { service });
  }

  /** Whether it was answered: a plugin may end before. */
  shutdown(): Promise<boolean> {
    return this.#unary(goPluginMethods.shutdown, {}).then(
      () => true,
      () => false,
    );
  }

  /** Opens a stream that stays open: an end within the time that an answer takes is an error. */
  async open(what: 'stdio' | 'broker'): Promise<void> {
    const stream: ClientReadableStream<unknown> =
      what === 'stdio'
        ? this.#client.makeServerStreamRequest(...pathAndCodecs(goPluginMethods.streamStdio), {})
        : this.#client.makeBidiStreamRequest(...pathAndCodecs(goPluginMethods.startStream));
    const ended = new Promise<never>((_resolve, reject) => {
      stream.on('error', reject);
      stream.on('end', () => reject(new Error(`the ${what} stream has ended`)));
    });
    ended.catch(() => {});
    await Promise.race([ended, this.health('plugin')]);
  }

  close(): void {
    this.#client.close();
  }

  #unary<Req, Resp>(method: MethodDefinition<Req, Resp>, request: Req): Promise<Resp> {
    const deadline = Date.now() + callTimeoutMs;
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: Resp): void => {
        if (error !== null) reject(error);
        else if (answer !== undefined) resolve(answer);
      };
      this.#client.makeUnaryRequest(...pathAndCodecs(method), request, new Metadata(), { deadline }, done);
    });
  }
}

function pathAndCodecs<Req, Resp>(
  method: MethodDefinition<Req, Resp>,
): [string, (value: Req) => Buffer, (bytes: Buffer) => Resp] {
  return [method.path, method.requestSerialize, method.responseDeserialize];
}

/** TLS that trusts the certificate of the line, and shows `own` or none. */
export function tlsOf(line: string, own?: OwnCertificate): ChannelCredentials {
  const { certificate } = parseHandshakeLine(line);
  if (certificate === undefined) throw new Error(`no certificate in '${line}'`);
  const root = Buffer.from(toPem(certificate));
  if (own === undefined) return credentials.createSsl(root);
  return credentials.createSsl(root, Buffer.from(own.keyPem), Buffer.from(own.certificatePem));
}
