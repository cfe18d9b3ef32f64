// One of the plugins as a program of its own: `subprocess('node', { args: ['run.js', 'clamav'] })`, or in a worker.
import { serve } from 'plugboard/serve';
import { isMailPlugin, mailPlugins } from './index.ts';

const name = process.argv[2] ?? '';
if (!isMailPlugin(name)) {
  process.stderr.write(`Name one of ${Object.keys(mailPlugins).join(', ')}.\n`);
  process.exit(2);
}
await serve(await mailPlugins[name]());
