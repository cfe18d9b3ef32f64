// Asks the host the service that it is told, and tells what came of it.
import { serve } from 'plugboard/serve';

await serve({
  name: 'asks-host',
  version: '1.0.0',
  async execute(service, { host }) {
    try {
      return await host[service]({ user: 'ada' });
    } catch (error) {
      return `${error.code} ${error.rawMessage}`;
    }
  },
});
