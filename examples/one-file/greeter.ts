// A plugin in a process of its own: it greets with the word it is started with, as loud as its config says.
import { serve } from 'plugboard/serve';

const [word = 'Hello'] = process.argv.slice(2);
let isLoud = false;

await serve({
  name: 'greeter',
  version: '1.0.0',
  initialize: ({ config }) => configure(config),
  configure,
  execute({ who }: { readonly who: string }) {
    const greeting = `${word}, ${who}!`;
    return isLoud ? greeting.toUpperCase() : greeting;
  },
});

function configure(config: unknown): void {
  isLoud = typeof config === 'object' && config !== null && 'loud' in config && config.loud === true;
}
