import type { Clock, Logger } from 'plugboard';
import type { MailEvent } from 'plugboard/email';
import { quietly, type Run } from '../hooks.ts';
import type { OpenMessages } from '../open-messages.ts';
import type { Queue } from '../queue/queue.ts';
import type { RecordKeeper } from '../records.ts';
import type { Session } from './session.ts';

/** What can be changed while the gateway runs. */
export interface FrontSettings {
  /** The longest message, in bytes. */
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
  /** How long a mail is tried, in milliseconds. */
  readonly retentionMs: number;
  /** What the hook `content.contentFilter` is told to hold messages against. */
  readonly policy: string;
}

/** What the SMTP side works with. */
export interface Front {
  /** Runs hooks in the name of a session. */
  readonly runIn: (sessionId?: string) => Run;
  /** Whether some plugin may answer a hook: what is costly to ask is not asked for nobody. */
  readonly isAnswered: (hook: string) => boolean;
  readonly queue: Queue;
  readonly records: RecordKeeper;
  readonly messages: OpenMessages;
  readonly clock: Clock;
  readonly log: Logger;
  readonly hostname: string;
  readonly settings: () => FrontSettings;
  readonly sessions: Sessions;
}

/** Who is connected. */
export class Sessions {
  readonly #open = new Set<Session>();
  readonly #byIp = new Map<string, number>();
  readonly #ipOf = new Map<Session, string>();
  #onEmpty: (() => void) | undefined;

  get total(): number {
    return this.#open.size;
  }

  /** Counts a session under the address that it has now. */
  count(session: Session): void {
    this.#uncount(session);
    this.#open.add(session);
    this.#ipOf.set(session, session.ip);
    this.#byIp.set(session.ip, this.from(session.ip) + 1);
  }

  from(ip: string): number {
    return this.#byIp.get(ip) ?? 0;
  }

  drop(session: Session): void {
    this.#uncount(session);
    this.#open.delete(session);
    if (this.#open.size === 0) this.#onEmpty?.();
  }

  /** Comes back when nobody is connected. */
  async gone(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#open.values();
  }

  #uncount(session: Session): void {
    const ip = this.#ipOf.get(session);
    if (ip === undefined) return;
    this.#ipOf.delete(session);
    const left = this.from(ip) - 1;
    if (left === 0) this.#byIp.delete(ip);
    else this.#byIp.set(ip, left);
  }
}

/** Tells whoever counts. */
export function count(
  { runIn }: Pick<Front, 'runIn'>,
  event: MailEvent,
  labels: Readonly<Record<string, string>> = {},
  values: Readonly<Record<string, number>> = {},
): void {
  quietly(() => runIn()('metrics.metricsCollect', { event, labels, values }));
}
