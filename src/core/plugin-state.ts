import type { PluginError } from './errors.ts';

/**
 * Where a plugin is in its life.
 * `stopped`: not started, or ended on purpose. `starting`: on its way to ready; calls wait for it.
 * `ready`: takes calls. `restarting`: ended unexpectedly, starts again at `retryAt`; calls fail at once, retryable.
 * `draining`: takes no new calls. `failed`: ended too often; it stays so.
 */
export type PluginState =
  | { readonly status: 'stopped' }
  | { readonly status: 'starting'; readonly attempt: number }
  | { readonly status: 'ready'; readonly since: Date; readonly pid: number | undefined }
  | {
      readonly status: 'restarting';
      readonly attempt: number;
      readonly retryAt: Date;
      readonly error: PluginError;
    }
  | { readonly status: 'draining' }
  | { readonly status: 'failed'; readonly error: PluginError };
