import { InvalidArgumentError, Option, type Command } from 'commander';

import type { QueryOptions, TailOptions, VerifyLogOptions } from './commands/audit.ts';

const load = () => import('./commands/audit.ts');

/** `plugboard audit …`. */
export function addAuditCommands(audit: Command): void {
  audit
    .command('verify')
    .description('recompute the chain of a log, and name the first bad record')
    .argument('<log>', 'a file of JSON lines with its parts, or a database')
    .option(
      '--checkpoints <file>',
      'the signed checkpoints; without them a cut end and a rewritten log do not show',
    )
    .option('--key <file>', 'what signed them: the secret, or the public ed25519 key as PEM')
    .action(async (log: string, _options: object, self: Command) =>
      (await load()).verify(log, self.optsWithGlobals<VerifyLogOptions>()),
    );
  addFilters(
    audit
      .command('tail')
      .description('show the last records')
      .argument('<log>', 'a file of JSON lines with its parts, or a database')
      .option('-n, --lines <number>', 'how many', whole, 10),
  ).action(async (log: string, _options: object, self: Command) =>
    (await load()).tail(log, self.optsWithGlobals<TailOptions>()),
  );
  addFilters(
    audit
      .command('query')
      .description('show the records that are asked for, oldest first')
      .argument('<log>', 'a file of JSON lines with its parts, or a database'),
  ).action(async (log: string, _options: object, self: Command) =>
    (await load()).query(log, self.optsWithGlobals<QueryOptions>()),
  );
}

function addFilters(command: Command): Command {
  return command
    .option('--event <event>', 'of this event: plugin_rejected, config_changed, …')
    .option('--plugin <name>', 'of this plugin')
    .addOption(
      new Option('--level <level>', 'of this level').choices(['info', 'warn', 'critical', 'security']),
    )
    .option('--since <time>', 'not before: 2030-01-31, or 2030-01-31T12:00:00Z', time)
    .option('--until <time>', 'before this time', time);
}

function whole(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0 && number <= 100_000) return number;
  throw new InvalidArgumentError('Give a whole number from 1 to 100000.');
}

function time(text: string): Date {
  const at = new Date(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(at.getTime())) return at;
  throw new InvalidArgumentError('Give a time as 2030-01-31 or 2030-01-31T12:00:00Z.');
}
