import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('programs/without-packages.mjs', import.meta.url));

it('a host without the optional packages hears which command installs them, and goes on', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const api = 'tracing needs a package that is not installed. Run: npm install @opentelemetry/api';
  const endpoint =
    'tracing with an endpoint needs packages that are not installed. Run: npm install @opentelemetry/api @opentelemetry/sdk-trace @opentelemetry/resources @opentelemetry/otlp-transformer';
  const exporter =
    'the OTLP exporter needs packages that are not installed. Run: npm install @opentelemetry/api @opentelemetry/resources @opentelemetry/otlp-transformer';
  expect(JSON.parse(stdout)).toEqual([
    ...[api, endpoint, exporter, exporter].map((rawMessage) => ({ code: 'CONFIG_1703', rawMessage })),
    'still here',
  ]);
});
