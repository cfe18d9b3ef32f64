import { PluginError } from '../core/errors.ts';

/** The error of a call that is not tried again: what went wrong at last, and how often it was tried. */
export function givenUp(
  call: { readonly plugin: string; readonly hook: string; readonly attempts: number },
  error: PluginError,
  why: string,
): PluginError {
  const { plugin, hook, attempts } = call;
  const { code, rawMessage, retryable, retryAfterMs } = error;
  const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  const message = `failed after ${times}${why}, at last with ${code}: ${rawMessage}`;
  const context = { attempts, lastCode: code };
  return new PluginError('PLUGIN_1203', {
    plugin,
    hook,
    message,
    cause: error,
    context,
    retryable,
    retryAfterMs,
  });
}
