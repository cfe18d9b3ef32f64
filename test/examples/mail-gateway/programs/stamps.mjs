// A mail plugin that puts the word it was started with on each message; with `broken` it does not even start.
import { serve } from 'plugboard/serve';

const [word] = process.argv.slice(2);
if (word === 'broken') process.exit(1);

await serve({
  name: 'stamps',
  version: '1.0.0',
  hooks: {
    'message.headers': async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { action: 'modify', headers: [{ op: 'add', name: 'X-Stamp', value: word }] };
    },
  },
});
