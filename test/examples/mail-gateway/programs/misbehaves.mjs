// A mail plugin that goes wrong in the way the sender's address names.
import { serve } from 'plugboard/serve';

const hoard = [];
const ways = {
  throws: () => {
    throw new Error('this is how I throw');
  },
  rejects: () => Promise.reject(new Error('this is how I reject')),
  hangs: () => new Promise(() => {}),
  exits: () => process.exit(3),
  blocks: () => {
    for (;;);
  },
  eats: () => {
    for (;;) hoard.push('x'.repeat(1000) + hoard.length);
  },
  lies: () => ({ action: 'reject', code: 250, text: 'all is well' }),
  overreaches: () => ({ action: 'discard', reason: 'not allowed here' }),
  splits: () => ({ action: 'reject', text: 'no\r\n250 yes' }),
};

await serve({
  name: 'misbehaves',
  version: '1.0.0',
  hooks: { 'transaction.mailFrom': ({ sender }) => ways[sender.local]?.() ?? { action: 'continue' } },
});
