// Runs the tests of OpenTelemetry, and the compiler, with other versions of it than the installed ones: the oldest that
// package.json allows, and the newest. Those ask for Node 22.15, and Node 20 runs them too.
// Usage: node scripts/with-opentelemetry.mjs oldest|newest, after npm run build
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const lines = new Map([
  ['oldest', { api: '1.9.0', resources: '2.0.0', stable: '2.9.0', experimental: '0.219.0' }],
  ['newest', { api: '1.10.0', resources: '3.1.1', stable: '3.1.1', experimental: '0.301.0' }],
]);
const tests = [
  'traces',
  'application-traces',
  'span-delivery',
  'otlp-metrics',
  'node-sdk',
  'missing-packages',
];

const name = process.argv[2] ?? '';
const line = lines.get(name);
if (line === undefined) throw new Error(`name one of: ${[...lines.keys()].join(', ')}`);
const dependencies = {
  '@opentelemetry/api': line.api,
  '@opentelemetry/resources': line.resources,
  '@opentelemetry/sdk-trace': line.stable,
  '@opentelemetry/sdk-metrics': line.stable,
  '@opentelemetry/context-async-hooks': line.stable,
  '@opentelemetry/sdk-node': line.experimental,
  '@opentelemetry/otlp-transformer': line.experimental,
  '@opentelemetry/exporter-metrics-otlp-proto': line.experimental,
  '@opentelemetry/exporter-trace-otlp-proto': line.experimental,
};

// A copy of the project below the project: what it has not got of its own it finds above.
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = `${root}.build/opentelemetry-${name}/`;
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}package.json`, JSON.stringify({ private: true, dependencies }));
run('npm', 'install', '--ignore-scripts', '--loglevel=error');
const folders = ['src', 'transports', 'security', 'cli', 'observability', 'test', 'dist'];
for (const part of [...folders, 'package.json', 'tsconfig.json', 'tsconfig.base.json', 'vitest.config.ts'])
  cpSync(root + part, folder + part, { recursive: true });

for (const dependency of Object.keys(dependencies)) {
  const found = createRequire(`${folder}dist/`).resolve(dependency);
  if (!found.startsWith(folder)) throw new Error(`${dependency} is not of the line, but ${found}`);
}
run(process.execPath, `${root}node_modules/typescript/bin/tsc`, '-p', '.', '--noEmit');
const files = tests.map((test) => `test/observability/${test}`);
run(process.execPath, `${root}node_modules/vitest/vitest.mjs`, 'run', ...files);
rmSync(folder, { recursive: true });

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, ...args) {
  execFileSync(program, args, { cwd: folder, stdio: 'inherit' });
}
