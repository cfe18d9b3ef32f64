import { checkObject, checkText } from '../../src/core/check-given.ts';

/**
 * A path of a log, and options, where they belong; for callers whom no compiler told.
 * @throws {PluginError} `CONFIG_1703` for anything else.
 */
export function checkLog(file: string, options: object, door: string): void {
  checkText(file, `the file of ${door}`, 'Give the path of the audit log.');
  checkObject(options, `the options of ${door}`, 'Leave them out for the defaults.');
}
