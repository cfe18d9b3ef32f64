import { cpSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodesIn } from './nodes.mjs';
import { tryToObserve } from './observed.mjs';
import { npm, run } from './run.mjs';

const program = fileURLToPath(new URL('../../test/package/consumer', import.meta.url));

/** The current compiler, and the last of the line before it. */
const compilers = { typescript: '7.0.2', typescript5: 'npm:typescript@5.9' };

const manifest = {
  name: 'consumer',
  private: true,
  type: 'module',
  devDependencies: { '@types/node': '20', ...compilers },
};

const tsconfig = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    types: ['node'],
    module: 'nodenext',
    rootDir: '.',
    outDir: 'out',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
  },
  include: ['*.ts'],
};

/**
 * Does what a user does: installs the tarball in a project of its own, compiles a strict program against its
 * types with the current and the previous compiler, and runs it.
 * @param {string} tarball
 * @param {string} folder an empty one
 */
export function tryAsConsumer(tarball, folder) {
  const home = join(folder, 'consumer');
  cpSync(program, home, { recursive: true });
  writeFileSync(join(home, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify(tsconfig));
  npm(['install', '--prefer-offline', '--save', tarball], home);
  console.log(`installed ${basename(tarball)} in an empty project`);

  tryCommand(home);
  for (const compiler of Object.keys(compilers)) {
    const tsc = join(home, 'node_modules', compiler, 'bin', 'tsc');
    const version = run(process.execPath, [tsc, '--version'], { cwd: home }).trim();
    run(process.execPath, [tsc, '--project', '.'], { cwd: home });
    console.log(`type-checked by TypeScript ${version.replace('Version ', '')}`);
  }

  for (const [at, node] of nodesIn(join(folder, 'nodes')).entries()) {
    console.log(run(node, ['--trace-warnings', 'out/program.js'], { cwd: home }).trim());
    tryToObserve(tarball, join(folder, `observed-${at}`), node);
  }
}

/**
 * The command as its user has it: whitelists a file of the project with what docs/cli.md copies, and checks it.
 * @param {string} home
 */
function tryCommand(home) {
  const plugboard = (/** @type {string[]} */ ...args) =>
    npm(['exec', '--offline', '--', 'plugboard', ...args], home);
  plugboard('whitelist', 'init');
  plugboard('whitelist', 'add', 'child', './child.ts');
  const verified = plugboard('whitelist', 'verify').trim();
  if (verified !== 'child: would run') throw new Error(`plugboard whitelist verify said: ${verified}`);
  console.log(`plugboard ${plugboard('--version').trim()} whitelists and verifies`);
}
