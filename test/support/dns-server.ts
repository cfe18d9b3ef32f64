import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A DNS server that knows the IPv4 addresses of every name, and nothing else. */
export interface DnsServer extends AsyncDisposable {
  readonly port: number;
  /** What it answers from now on. */
  addresses: readonly string[];
}

const questionStart = 12;
const typeA = 1;

/** Starts one; RFC 1035 has the form of its messages. */
export async function dnsServer(addresses: readonly string[]): Promise<DnsServer> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const server: DnsServer = {
    port: socket.address().port,
    addresses,
    async [Symbol.asyncDispose]() {
      socket.close();
    },
  };
  socket.on('message', (query, { port, address }) => {
    socket.send(answerTo(query, server.addresses), port, address);
  });
  return server;
}

function answerTo(query: Buffer, addresses: readonly string[]): Buffer {
  const end = query.indexOf(0, questionStart) + 1;
  const known = query.readUInt16BE(end) === typeA ? addresses : [];
  const head = Buffer.from(query.subarray(0, questionStart));
  head.writeUInt16BE(0x8180, 2); // an answer without error
  head.writeUInt16BE(known.length, 6);
  head.writeUInt32BE(0, 8);
  const records = known.map((address) =>
    Buffer.from([0xc0, questionStart, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([head, query.subarray(questionStart, end + 4), ...records]);
}
