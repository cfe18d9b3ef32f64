// Checks the package as users get it: packs it, lints the tarball, installs it in an empty project and uses it there.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tryAsConsumer } from './pack/consumer.mjs';
import { isOffline, npm, run } from './pack/run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const inCi = process.env['CI'] === 'true' || process.env['PLUGBOARD_REQUIRE_TOOLS'] === '1';

/** @param {string} folder */
function pack(folder) {
  // --ignore-scripts: package.json's pack:check has just built it
  const listing = npm(['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root);
  const [packed] = /** @type {[{ filename: string, files: unknown[], size: number }]} */ (
    JSON.parse(listing)
  );
  const { filename, files, size } = packed;
  console.log(`packed ${filename}: ${files.length} files, ${Math.round(size / 1024)} KiB`);
  return join(folder, filename);
}

/** @param {string} tarball */
function lint(tarball) {
  run(process.execPath, [join(root, 'node_modules/publint/src/cli.js'), tarball, '--strict'], { cwd: root });
  console.log('publint: nothing to say');
  const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  run(
    process.execPath,
    [attw, tarball, '--profile', 'esm-only', '--exclude-entrypoints', 'plugboard.proto'],
    { cwd: root },
  );
  console.log('attw: the types resolve');
}

const folder = mkdtempSync(join(tmpdir(), 'plugboard-pack-'));
try {
  const tarball = pack(folder);
  lint(tarball);
  tryAsConsumer(tarball, folder);
} catch (error) {
  const offline = isOffline(error);
  if (offline)
    console.log('no network: the package could not be installed in an empty project and tried there');
  if (offline && !inCi) console.log('skipped the rest of pack:check; CI does not forgive this');
  else {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
