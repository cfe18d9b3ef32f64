import { Production, type PluginManager } from 'plugboard';
import { inProcess, subprocess, worker } from 'plugboard/transports';
import { fileURLToPath } from 'node:url';
import type { MailRequest, MailVerdict } from './contract.ts';
import { headerCheck } from './plugins/header-check.ts';

/** What the demo needs of its manager. */
export type MailManager = Pick<
  PluginManager<MailRequest, MailVerdict>,
  'execute' | 'getPlugin' | 'listPlugins' | 'on' | 'shutdown'
>;

/** Where each plugin runs, in words. */
export const places: Readonly<Record<string, string>> = {
  headers: 'this process',
  links: 'worker thread',
  content: 'Node child',
  pressure: 'Python child',
};

const pressingWords = [
  'urgent',
  'immediately',
  'suspended',
  'verify',
  'password',
  'confidential',
  'frozen',
  'final',
];

const packageRoot = import.meta.resolve('plugboard/package.json');
const contentPlugin = fileURLToPath(new URL('./plugins/content.js', import.meta.url));
const wordScore = fileURLToPath(new URL('examples/languages/python/word_score.py', packageRoot));

/** Where the messages lie that come with the example. */
export const mailFolder = new URL('examples/mail/', packageRoot);

/** Starts the plugins; `python` is the command for the last one, which is left out when there is none. */
export async function startPlugins(python: string | undefined): Promise<MailManager> {
  const builder = Production<MailRequest, MailVerdict>()
    .withTimeout(10_000)
    .withPlugin('headers', inProcess(headerCheck))
    .withPlugin('links', worker(new URL('./plugins/links.js', import.meta.url)))
    .withPlugin('content', subprocess(process.execPath, { args: [contentPlugin] }), {
      restart: { initialDelayMs: 200 },
    });
  if (python === undefined) return await builder.build();
  const source = subprocess(python, { args: [wordScore] });
  return await builder.withPlugin('pressure', source, { config: { words: pressingWords } }).build();
}
