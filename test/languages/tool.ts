import { spawnSync } from 'node:child_process';
import { beforeEach, type TestContext } from 'vitest';

/** Whether a program is on PATH and starts. */
export function hasTool(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 }).error === undefined;
}

/**
 * For a group of tests that need a program that is no part of Node: without it they are skipped with the reason,
 * or fail where PLUGBOARD_REQUIRE_TOOLS=1 says that it has to be there.
 */
export function needsTool(name: string, isThere: boolean): void {
  beforeEach((context) => needsToolNow(context, name, isThere));
}

/** The same for one test. */
export function needsToolNow(context: TestContext, name: string, isThere: boolean): void {
  if (isThere) return;
  if (process.env['PLUGBOARD_REQUIRE_TOOLS'] === '1') throw new Error(`${name} is missing; install it.`);
  context.skip(`${name} is not installed`);
}
