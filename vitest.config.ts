import { defineConfig } from 'vitest/config';
import { CountReporter } from './test/support/reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/warnings.ts'],
    reporters: [new CountReporter()],
    // Tests start real processes; more at once would only measure the machine.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
