// A plugin of the chaos test: says who it is and what it was asked; now and then it fails, is slow, or ends itself.
// Its argument: its name. A request: { id, do }.
import { PluginError, serve } from 'plugboard/serve';

const [name] = process.argv.slice(2);
let slowCalls = 0;

const deeds = {
  answer: () => {},
  answerLater: () => new Promise((resolve) => setImmediate(resolve)),
  sayNo: () => {
    throw new PluginError('SAID_NO', { message: 'no' });
  },
  sayLater: () => {
    throw new PluginError('SAID_LATER', { message: 'not now', retryable: true });
  },
  beSlow: () => void (slowCalls = 50),
  exit: () => process.exit(7),
};

await serve({
  name: 'chaos-bee',
  version: '1.0.0',
  async execute({ id, do: deed }) {
    await deeds[deed]();
    if (slowCalls > 0) {
      slowCalls--;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { id, name };
  },
});
