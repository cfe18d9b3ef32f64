// A plugin that dies once it is asked to.
import { serve } from 'plugboard/serve';

await serve({
  name: 'mortal',
  version: '1.0.0',
  execute(text) {
    if (text === 'die') process.exit(3);
    return text;
  },
});
