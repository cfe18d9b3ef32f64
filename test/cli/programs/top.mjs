// The command line with nothing but `plugboard top`.
import { Command } from 'commander';
import { addTopCommand } from '../../../dist/cli/top.js';

const program = new Command('plugboard').option('--json');
addTopCommand(program);
await program.parseAsync().catch((error) => {
  console.error(error.message);
  process.exitCode = 3;
});
