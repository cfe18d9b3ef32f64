import { isPluginError, PluginError } from '../core/errors.ts';

/** One error for many: what did not happen, what holds instead; each problem has a line, and stands in `cause.errors`. */
export function manyProblems(what: string, instead: string, errors: readonly unknown[]): PluginError {
  const lines = errors.map((error) => `\n  - ${isPluginError(error) ? error.message : String(error)}`);
  const count = errors.length === 1 ? 'a problem' : `${errors.length} problems`;
  return new PluginError('REGISTRY_1901', {
    message: `${what} because of ${count}; ${instead}:${lines.join('')}`,
    cause: new AggregateError(errors, 'every problem'),
  });
}
