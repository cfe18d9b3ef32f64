import type { HookFailure, PluginManager } from 'plugboard';
import type { EmailHook, EmailHooks } from 'plugboard/email';

/** Asks every plugin that answers a hook. */
export type Run = PluginManager<EmailHooks>['run'];

/** Tells observers something, whatever comes of it: after a shutdown, say, there is nobody to tell. */
export function quietly(tell: () => unknown): void {
  void (async () => tell())().catch(() => undefined);
}

/** The same, and tells whoever wants to know of plugins that failed: `error.error`, in the name of a session. */
export function tellingOfFailures(run: Run): (sessionId?: string) => Run {
  return (sessionId) => (hook, request, options) => {
    const verdict = run(hook, request, options);
    const tell = <T extends { readonly failures: readonly HookFailure[] }>(said: T): T => {
      for (const failure of said.failures) tellOf(run, hook, failure, sessionId);
      return said;
    };
    return verdict instanceof Promise ? verdict.then(tell) : tell(verdict);
  };
}

function tellOf(
  run: Run,
  hook: EmailHook,
  { plugin, error }: HookFailure,
  sessionId: string | undefined,
): void {
  const { name, message, code } = error;
  const where = { plugin, failedHook: hook, stage: hook, ...(sessionId !== undefined && { sessionId }) };
  quietly(() => run('error.error', { error: { name, message, code }, ...where }));
}

/**
 * Tells of plugins that say they are degraded, such as those whose daemon is away (`error.error`), and of those
 * that run again after they had ended (`error.recovery`). The returned function ends it.
 */
export function tellOfPlugins(manager: PluginManager<EmailHooks>): () => void {
  const undo = [tellOfHealth(manager), tellOfRecoveries(manager)];
  return () => {
    for (const one of undo) one();
  };
}

function tellOfHealth(manager: PluginManager<EmailHooks>): () => void {
  return manager.on('health', ({ plugin, to, message = to }) => {
    if (to !== 'degraded') return;
    const error = { name: 'PluginHealth', message: message.slice(0, 1000) };
    quietly(() => manager.run('error.error', { error, plugin, stage: 'health' }));
  });
}

function tellOfRecoveries(manager: PluginManager<EmailHooks>): () => void {
  const ended = new Set<string>();
  const tell = (kind: 'workerExit' | 'circuitOpen', plugin: string): void => {
    const restarts = manager.getPlugin(plugin)?.restarts ?? 0;
    quietly(() => manager.run('error.recovery', { kind, plugin, stage: 'plugin', restarts }));
  };
  const undo = [
    manager.on('restart', ({ plugin }) => void ended.add(plugin)),
    manager.on('state', ({ plugin, to }) => {
      if (to.status !== 'ready' || !ended.delete(plugin)) return;
      tell('workerExit', plugin);
    }),
    manager.on('breaker', ({ plugin, to }) => {
      if (to === 'closed') tell('circuitOpen', plugin);
    }),
  ];
  return () => {
    for (const one of undo) one();
  };
}
