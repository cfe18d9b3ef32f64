// Reads the message that it is asked about, and says its SHA-256 as a signature found.
import { createHash } from 'node:crypto';
import { openMessage, reject } from 'plugboard/email';
import { serve } from 'plugboard/serve';

await serve({
  name: 'reads-message',
  version: '1.0.0',
  hooks: {
    async 'content.antivirusScan'({ message }, context) {
      const hash = createHash('sha256');
      for await (const chunk of openMessage(message, context)) hash.update(chunk);
      return reject({ signature: hash.digest('hex') });
    },
  },
});
