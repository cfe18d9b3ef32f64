import { afterAll, afterEach } from 'vitest';

/**
 * Any warning of Node (a listener leak, a deprecation, a promise handled too late) fails the test during
 * which it came: it is a defect that users would see on their stderr.
 */
const warnings: Error[] = [];
process.on('warning', (warning) => warnings.push(warning));

/** Node emits warnings a tick after their cause. */
async function expectNoWarnings(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  const [first, ...others] = warnings.splice(0);
  if (first === undefined) return;
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  const error = new Error(`Node warned: ${first.name}: ${first.message}${more}`);
  if (first.stack !== undefined) error.stack = first.stack;
  throw error;
}

afterEach(expectNoWarnings);
afterAll(expectNoWarnings);
