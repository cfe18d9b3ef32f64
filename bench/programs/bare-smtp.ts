// smtp-server alone: it takes every message, and forgets it.
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  disableReverseLookup: true,
  onData(stream, _, done) {
    stream.on('end', () => done());
    stream.resume();
  },
});
server.on('error', () => undefined);
const listening = server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`127.0.0.1:${(listening.address() as AddressInfo).port}\n`);
});
