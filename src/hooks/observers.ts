import type { PluginError } from '../core/errors.ts';
import type { ExecutionContext } from '../core/execution-context.ts';
import type { Member } from './chain.ts';

/** So many of what one plugin is told may be under way at once, so that what it is asked besides is not held up. */
const maxTold = 64;
/** So many more may wait; then the oldest is dropped, because news is worth more than history. */
const maxWaiting = 1000;

/** What a plugin is told. */
export interface News {
  readonly hook: string;
  readonly member: Member;
  readonly request: unknown;
  readonly options: ExecutionContext | undefined;
}

/** Hears what becomes of what plugins are told. */
export interface ObserverEvents {
  failed(news: News, error: PluginError): void;
  /** The oldest of what waited for this plugin was given up. */
  dropped(member: Member): void;
}

/** Tells plugins what nobody waits for: after the turn in which it happened, and never more than they can take. */
export class Observers {
  readonly #lines = new Map<string, Line>();
  readonly #events: ObserverEvents;
  #tick: NodeJS.Immediate | undefined = undefined;

  constructor(events: ObserverEvents) {
    this.#events = events;
  }

  tell(news: News): void {
    this.#lineOf(news.member.plugin).add(news);
    this.#tick ??= setImmediate(() => {
      this.#tick = undefined;
      for (const line of this.#linesNow()) line.tell(maxTold);
    });
  }

  /** Tells at once all that waits: who ends must not lose what happened before. */
  flush(): void {
    clearImmediate(this.#tick);
    this.#tick = undefined;
    for (const line of this.#linesNow()) line.tell(Infinity);
  }

  /** What plugins cause by what they are told is for another turn. */
  #linesNow(): readonly Line[] {
    return [...this.#lines.values()];
  }

  #lineOf(plugin: string): Line {
    const line = this.#lines.get(plugin) ?? new Line(this.#events, () => this.#lines.delete(plugin));
    this.#lines.set(plugin, line);
    return line;
  }
}

/** What one plugin is told, in the order of its happening. */
class Line {
  readonly #waiting: News[] = [];
  readonly #events: ObserverEvents;
  readonly #onEmpty: () => void;
  #told = 0;
  #isGoingOn = false;

  constructor(events: ObserverEvents, onEmpty: () => void) {
    this.#events = events;
    this.#onEmpty = onEmpty;
  }

  add(news: News): void {
    this.#waiting.push(news);
    if (this.#waiting.length <= maxWaiting) return;
    const oldest = this.#waiting.shift();
    if (oldest !== undefined) this.#events.dropped(oldest.member);
  }

  tell(most: number): void {
    for (let left = this.#waiting.length; left > 0 && this.#told < most; left--) {
      const news = this.#waiting.shift();
      if (news === undefined) break;
      this.#told++;
      const { member, request, options } = news;
      member.ask(
        request,
        options,
        () => this.#ended(),
        (error) => this.#failed(news, error),
      );
    }
    if (this.#told === 0) this.#onEmpty();
  }

  #failed(news: News, error: PluginError): void {
    if (!news.member.isNoAnswer(error)) this.#events.failed(news, error);
    this.#ended();
  }

  #ended(): void {
    this.#told--;
    if (this.#waiting.length > 0) this.#goOn();
    else if (this.#told === 0) this.#onEmpty();
  }

  #goOn(): void {
    if (this.#isGoingOn) return;
    this.#isGoingOn = true;
    setImmediate(() => {
      this.#isGoingOn = false;
      this.tell(maxTold);
    });
  }
}
