// Answers, but does not end: not by its channel's end, not by SIGTERM.
import { serve } from 'plugboard/serve';

process.on('SIGTERM', () => {});
setInterval(() => {}, 1000);
const { exit } = process;
process.exit = () => {};
process.on('exit', () => exit.call(process));

await serve({
  name: 'stubborn',
  version: '1.0.0',
  execute: ({ id }) => ({ id, name: 'stubborn', pid: process.pid }),
});
