import { SMTPServer } from 'smtp-server';

// Takes every mail, reads it to its end and keeps nothing.
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData(stream, _session, done) {
    stream.resume();
    stream.on('end', () => done());
  },
});
server.listen(0, '127.0.0.1', () => {
  const address = server.server.address();
  if (typeof address === 'object') console.log(`listens on 127.0.0.1:${address?.port}`);
});
