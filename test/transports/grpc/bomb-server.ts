import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { createRequire } from 'node:module';
import { info } from './foreign.ts';

/** What the bomb is when it has been inflated; a thousandth of it is on the wire. */
const bombBytes = 256 * 1024 * 1024;

const file = createRequire(import.meta.url).resolve('plugboard/plugboard.proto');
const service = loadSync(file, { keepCase: true })['plugboard.v1.Plugin'] as ServiceDefinition;
const written = (method: string, message: object): Buffer =>
  (service[method] as MethodDefinition<object, object>).responseSerialize(message);

/** A message as gRPC has it on the wire. */
function framed(message: Buffer, isCompressed: boolean): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(isCompressed ? 1 : 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const bomb = framed(gzipSync(Buffer.alloc(bombBytes)), true);
const welcome = {
  id: 1,
  result: { protocolVersion: 1, info: { name: 'bomb', version: '1.0.0' }, hooks: ['execute'] },
};

/** When the server answers with the bomb. */
export type Fuse = 'session' | 'unary';

/** A server that answers calls with little that becomes much. */
export interface BombServer extends AsyncDisposable {
  readonly endpoint: string;
  /** How many bombs have left. */
  readonly sent: () => number;
}

/** Serves plugboard's `.proto`, or any other with one answer to all. */
export async function bombServer(fuse: Fuse): Promise<BombServer> {
  let sent = 0;
  const server = createServer();
  const boom = (stream: ServerHttp2Stream): void => {
    sent++;
    stream.write(bomb);
  };
  server.on('stream', (stream, { ':path': path = '' }) => {
    stream.on('error', () => {}); // a host may hang up
    const method = path.split('/').at(-1) ?? '';
    const isUnknown = ['Configure', 'Check'].includes(method) || (method === 'Session' && fuse === 'unary');
    const encoding = { ':status': 200, 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' };
    if (isUnknown) return stream.respond({ ...encoding, 'grpc-status': 12 }, { endStream: true });
    stream.respond(encoding, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }));
    if (method === 'Session') {
      stream.once('data', () => {
        const data = Buffer.from(`${JSON.stringify(welcome)}\n`);
        stream.write(framed(written('Session', { data }), false));
        stream.once('data', () => boom(stream));
      });
    } else {
      if (method === 'Info') stream.write(framed(written('Info', info), false));
      else boom(stream);
      stream.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => sent,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}
