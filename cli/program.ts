import { createRequire } from 'node:module';

import { Command } from 'commander';

import { addAuditCommands } from './audit.ts';
import { addConfigCommands } from './config.ts';
import { addTopCommand } from './top.ts';
import { addWhitelistCommands } from './whitelist.ts';

const about = `Says which plugins a host may start, checks its configuration, reads what it noted, and shows how they do.`;

const afterwards = `
Each command has a page of its own: plugboard whitelist add --help.
Exit codes: 0 done and in order, 1 a problem was found, 2 wrong use, 3 could not be done.

A plugin is whitelisted, looked at and checked:
  $ plugboard whitelist init
  $ plugboard whitelist add auth ./plugins/auth
  $ plugboard whitelist verify
`;

/** The whole command line. What a command needs is loaded when it runs. */
export function program(): Command {
  const command = new Command('plugboard')
    .description(about)
    .version(versionOf())
    .option('--json', 'print the result as JSON, and an error as JSON on stderr')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', afterwards);
  addWhitelistCommands(
    command
      .command('whitelist')
      .description(
        'keep the file of the plugins that may run: init, add, remove, enable, disable, list, verify, explain',
      ),
  );
  addAuditCommands(command.command('audit').description('check and read an audit log: verify, tail, query'));
  addConfigCommands(
    command
      .command('config')
      .description('check a configuration and see what a reload would do: check, print, schema, plan'),
  );
  addTopCommand(command);
  command
    .command('hash')
    .description('print the SHA-256 of a file, or of every file of a directory, as a whitelist has them')
    .argument('<path>', 'a file or a directory')
    .action(async (path: string, _options: object, self: Command) => {
      const { hash } = await import('./commands/hash.ts');
      await hash(path, self.optsWithGlobals());
    });
  return command;
}

function versionOf(): string {
  const manifest: unknown = createRequire(import.meta.url)('plugboard/package.json');
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '';
  return String(version);
}
