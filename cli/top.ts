import { InvalidArgumentError, type Command } from 'commander';

import type { TopOptions } from './top/run.ts';

/** `plugboard top`. */
export function addTopCommand(command: Command): void {
  command
    .command('top')
    .description('show the plugins of a running host, from the page that its prometheusExporter serves')
    .argument('[url]', 'its metrics page', 'http://127.0.0.1:9464/metrics')
    .option('--once', 'show one table and end')
    .option('--interval <seconds>', 'from one look to the next', seconds, 2)
    .action(async (url: string, _options: object, self: Command) => {
      const { top } = await import('./top/run.ts');
      await top(url, self.optsWithGlobals<TopOptions>());
    });
}

function seconds(text: string): number {
  const number = Number(text);
  if (number >= 0.1 && number <= 3600) return number;
  throw new InvalidArgumentError('Give a number of seconds from 0.1 to 3600.');
}
