import type { PluginError } from 'plugboard';
import type { MailManager } from './manager.ts';
import type { Paint } from './report/paint.ts';
import { count, duration, harmless, wrap } from './report/text.ts';

/** Kills a plugin once, and tells what follows. */
export interface Crash {
  readonly strike: () => void;
  /** A call failed; it will be made again if it can be. */
  readonly seeFailure: (id: string, error: PluginError) => void;
  /** Stops telling. */
  readonly end: () => void;
}

const lineWidth = 85;

/** Prepares to kill the process of `victim`; what happens then is told to `say` while it happens. */
export function prepareCrash(
  manager: MailManager,
  victim: string,
  paint: Paint,
  say: (line: string) => void,
): Crash {
  const codes = new Set<string>();
  const struck = new Set<string>();
  let killedAt = Infinity;

  const tell = (text: string): void => {
    const time = duration(performance.now() - killedAt);
    wrap(harmless(text), lineWidth).forEach((line, index) =>
      say(`${(index === 0 ? time : '').padStart(10)}   ${line}`),
    );
  };
  const end = manager.on('state', ({ plugin, from, to }) => {
    if (plugin !== victim || killedAt === Infinity) return;
    tell(`${plugin}: ${from.status} -> ${to.status}${to.status === 'ready' ? `, pid ${to.pid}` : ''}`);
    if (to.status === 'ready')
      tell(`asked again about ${count(struck.size, 'message')}: ${[...struck].join(', ')}`);
  });

  return {
    end,
    strike() {
      const pid = manager.getPlugin(victim)?.pid;
      if (pid === undefined) return;
      process.kill(pid, 'SIGKILL');
      killedAt = performance.now();
      say(paint('bold', `Half-way: SIGKILL to the process of '${victim}', pid ${pid}`));
    },
    seeFailure(id, error) {
      struck.add(id);
      if (codes.has(error.code)) return;
      codes.add(error.code);
      tell(`${error.message} (${advice(error)})`);
    },
  };
}

function advice({ retryable, retryAfterMs }: PluginError): string {
  if (!retryable) return 'not retryable';
  return retryAfterMs === undefined ? 'retryable' : `retryable after ${duration(retryAfterMs)}`;
}
