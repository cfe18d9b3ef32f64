import type { Command } from 'commander';

import type { ConfigCommandOptions } from './commands/config.ts';

const load = () => import('./commands/config.ts');

/** `plugboard config …`. */
export function addConfigCommands(config: Command): void {
  const options = (self: Command): ConfigCommandOptions => self.optsWithGlobals();
  withLenient(
    config
      .command('check')
      .description('say everything that is wrong with a configuration; starts nothing')
      .argument('<file>', 'a .yaml, .json or .toml file'),
  ).action(async (file: string, _options: object, self: Command) =>
    (await load()).check(file, options(self)),
  );
  withLenient(
    config
      .command('print')
      .description('show a configuration with its variables and defaults filled in; secrets are hidden')
      .argument('<file>', 'a .yaml, .json or .toml file'),
  ).action(async (file: string, _options: object, self: Command) => (await load()).show(file, options(self)));
  config
    .command('schema')
    .description('print the JSON Schema of configurations, for editors')
    .action(async () => (await load()).schema());
  withLenient(
    config
      .command('plan')
      .description('say what a reload would start, change and stop; secrets are hidden')
      .argument('<old>', 'the configuration that a host runs')
      .argument('<new>', 'the one that it would be given'),
  ).action(async (before: string, after: string, _options: object, self: Command) =>
    (await load()).plan(before, after, options(self)),
  );
}

function withLenient(command: Command): Command {
  return command.option('--lenient', 'only warn of keys that are not known');
}
