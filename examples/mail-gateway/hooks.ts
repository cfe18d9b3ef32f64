import type { PluginManager } from 'plugboard';
import type { EmailHooks } from 'plugboard/email';

/** Asks every plugin that answers a hook. */
export type Run = PluginManager<EmailHooks>['run'];
