import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('programs/without-packages.mjs', import.meta.url));

it('a host without the optional packages hears which command installs them, and goes on', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  expect(JSON.parse(stdout)).toEqual([
    {
      code: 'CONFIG_1703',
      rawMessage: 'tracing needs a package that is not installed. Run: npm install @opentelemetry/api',
    },
    {
      code: 'CONFIG_1703',
      rawMessage: 'tracing needs a package that is not installed. Run: npm install @opentelemetry/api',
    },
    'still here',
  ]);
});
