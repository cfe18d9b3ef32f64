import type { Logger } from '../core/logger.ts';
import { withFields } from '../core/logger.ts';
import type { PluginState } from '../core/plugin-state.ts';

/** One record for each move of a plugin's life that an operator wants to see. */
export function logMove(logger: Logger, about: object, from: PluginState, to: PluginState): void {
  const log = withFields(logger, { ...about });
  if (to.status === 'ready') log.info('plugin is ready', { pid: to.pid });
  if (to.status === 'restarting') log.warn('plugin ended unexpectedly and is started again', why(to));
  if (to.status === 'failed') log.error('plugin was given up', { error: to.error.message });
  if (to.status === 'stopped' && from.status !== 'stopped') log.info('plugin stopped');
}

function why(state: Extract<PluginState, { status: 'restarting' }>): object {
  return { attempt: state.attempt, retryAt: state.retryAt.toISOString(), error: state.error.message };
}
