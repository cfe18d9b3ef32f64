import { InvalidArgumentError, type Command } from 'commander';

import type { AddOptions } from './commands/whitelist-add.ts';
import type { WhitelistCommandOptions } from './commands/whitelist.ts';

const load = () => import('./commands/whitelist.ts');

/** `plugboard whitelist …`. */
export function addWhitelistCommands(whitelist: Command): void {
  whitelist.option('--file <whitelist>', 'the whitelist', './plugins.whitelist');
  const options = (self: Command): WhitelistCommandOptions => self.optsWithGlobals();

  whitelist
    .command('init')
    .description('write an empty whitelist')
    .action(async (_options: object, self: Command) => (await load()).init(options(self)));
  addAdd(whitelist);
  whitelist
    .command('remove')
    .description('take a plugin off the whitelist')
    .argument('<name>', "the host's name for the plugin")
    .action(async (name: string, _options: object, self: Command) =>
      (await load()).remove(name, options(self)),
    );
  whitelist
    .command('enable')
    .description('let a plugin run that was disabled')
    .argument('<name>', "the host's name for the plugin")
    .action(async (name: string, _options: object, self: Command) =>
      (await load()).enable(name, true, options(self)),
    );
  whitelist
    .command('disable')
    .description('keep an entry, but let its plugin run no more')
    .argument('<name>', "the host's name for the plugin")
    .action(async (name: string, _options: object, self: Command) =>
      (await load()).enable(name, false, options(self)),
    );
  whitelist
    .command('list')
    .description('show what is whitelisted')
    .action(async (_options: object, self: Command) => (await load()).list(options(self)));
  whitelist
    .command('verify')
    .description('check every enabled plugin against the whitelist; starts none')
    .action(async (_options: object, self: Command) => (await load()).verify(options(self)));
  whitelist
    .command('explain')
    .description('say every reason why a plugin would be refused; starts nothing')
    .argument('<name>', "the host's name for the plugin")
    .action(async (name: string, _options: object, self: Command) =>
      (await load()).explainOne(name, options(self)),
    );
}

function addAdd(whitelist: Command): void {
  whitelist
    .command('add')
    .description('let a plugin run: pin its file, or every file of its directory, or name its endpoint')
    .argument('<name>', "the host's name for the plugin")
    .argument('[path]', 'its file or its directory; none for an endpoint')
    .option('--entry <file>', 'the file of a directory that runs')
    .option('--type <type>', 'how it may be reached: subprocess, worker, grpc, …')
    .option('--interpreter <path>', 'the program that runs its script, which is pinned too')
    .option('--max-bytes <number>', 'the largest that each of its files may be', positive)
    .option('--endpoint <address...>', 'where it may be connected to')
    .option('--certificate <sha256...>', 'the SHA-256 of a certificate that its endpoint may show')
    .action(async (name: string, path: string | undefined, _options: object, self: Command) => {
      const { add } = await import('./commands/whitelist-add.ts');
      await add(name, path, self.optsWithGlobals<AddOptions>());
    });
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('Give a whole number over 0.');
}
