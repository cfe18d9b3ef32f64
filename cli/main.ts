#!/usr/bin/env node
import { failed } from './failure.ts';
import { program } from './program.ts';

// Whoever reads our output may have seen enough: `plugboard audit query log | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exitCode = error.code === 'EPIPE' ? 0 : 3;
  process.exit();
});

try {
  await program().parseAsync();
} catch (error) {
  failed(error, process.argv.includes('--json'));
}
