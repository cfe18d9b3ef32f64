import { DefaultReporter, type TestCase, type TestModule } from 'vitest/node';

type RunEnd = Parameters<DefaultReporter['onTestRunEnd']>;

/**
 * The default reporter, and after it the skipped tests with their reasons and, as the very last line,
 * `N passed, N failed` (with `, N skipped` if any were), for scripts that read the outcome.
 */
export class CountReporter extends DefaultReporter {
  override onTestRunEnd(...[modules, errors, reason]: RunEnd): void {
    super.onTestRunEnd(modules, errors, reason);
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    for (const test of skipped) this.ctx.logger.log(`skipped: ${nameOf(test)}: ${reasonOf(test)}`);
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const failed = tests.length - passed - skipped.length + brokenParts(modules) + errors.length;
    this.ctx.logger.log(countLine(passed, failed, skipped.length));
  }
}

function countLine(passed: number, failed: number, skipped: number): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}

/** Files and groups that failed themselves, by an import or a hook that threw, count as one failure each. */
function brokenParts(modules: readonly TestModule[]): number {
  const parts = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  return parts.filter((part) => part.errors().length > 0).length;
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  if (note !== undefined) return note;
  if (test.parent.errors().length > 0) return 'its group failed';
  return test.options.mode === 'todo' ? 'to be written' : 'no reason given';
}
