import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm, run } from './run.mjs';

const program = fileURLToPath(new URL('../../test/package/observed/program.mjs', import.meta.url));

/**
 * Runs a host that traces, first without the optional packages, then after the very command that its error names: what
 * npm picks differs from Node to Node, and must fit.
 * @param {string} tarball
 * @param {string} home a folder to make
 * @param {string} node an executable
 */
export function tryToObserve(tarball, home, node) {
  mkdirSync(home);
  copyFileSync(program, join(home, 'program.mjs'));
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  npm(['install', '--prefer-offline', tarball], home, node);
  const host = () => run(node, ['program.mjs'], { cwd: home }).trim();

  const refusal = host();
  const command = /Run: npm (install .+)$/.exec(refusal)?.[1];
  if (command === undefined) throw new Error(`A host without packages to trace with said: ${refusal}`);
  npm(command.split(' '), home, node);
  const received = host();
  if (received !== '/v1/metrics\n/v1/traces') throw new Error(`After npm ${command} came: ${received}`);
  console.log(`npm ${command} works on Node ${run(node, ['--version'], { cwd: home }).trim()}`);
}
